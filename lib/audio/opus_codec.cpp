#include "audio/opus_codec.h"

#include <opus.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

namespace earshot::audio {
namespace {

constexpr int kClock_hz = 48'000;  // of timestamps, pre-skip and padding, whatever the rate (RFC 7845, 4)
constexpr int kLongestPacket = OpusCodec::kRate_hz * 120 / 1000;

// The identification header (RFC 7845, 5.1).
constexpr int kGainAt = 16, kMappingAt = 18, kHeadBytes = 19;

std::uint32_t little_endian(const std::uint8_t* bytes, int count) {
    std::uint32_t value = 0;
    for (int i = count - 1; i >= 0; --i) value = value << 8 | bytes[i];
    return value;
}

/// From the codec's clock to samples, to the nearest.
std::int64_t to_frames(std::int64_t ticks) {
    return libav::av_rescale(ticks, OpusCodec::kRate_hz, kClock_hz);
}

/// Samples to leave out at a packet's ends, in ticks of the codec's clock.
struct Trim {
    std::uint32_t begin = 0, end = 0;
};

Trim trim_of(const AVPacket& packet) {
    std::size_t size = 0;
    const std::uint8_t* const data = libav::av_packet_get_side_data(&packet, AV_PKT_DATA_SKIP_SAMPLES, &size);
    if (!data || size < 8) return {};
    return {little_endian(data, 4), little_endian(data + 4, 4)};
}

}  // namespace

void OpusCodec::Deleter::operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }

bool OpusCodec::suits(const PacketSource& input) {
    const AVCodecParameters& coding = input.coding();
    const AVRational unit = input.time_base();
    const int channels = coding.ch_layout.nb_channels;
    return coding.codec_id == AV_CODEC_ID_OPUS && input.is_container("ogg") && unit.num == 1 &&
           unit.den == kClock_hz && (channels == 1 || channels == 2) && coding.extradata_size >= kHeadBytes &&
           coding.extradata[kMappingAt] == 0;
}

OpusCodec::OpusCodec(const PacketSource& input)
    : channels_(input.coding().ch_layout.nb_channels),
      samples_(static_cast<std::size_t>(kLongestPacket) * static_cast<std::size_t>(channels_)) {
    int status = OPUS_OK;
    decoder_.reset(opus_decoder_create(kRate_hz, channels_, &status));
    if (!decoder_) throw std::bad_alloc();
    const auto gain = static_cast<std::int16_t>(little_endian(input.coding().extradata + kGainAt, 2));
    opus_decoder_ctl(decoder_.get(), OPUS_SET_GAIN(gain));
}

int OpusCodec::send(const AVPacket* packet) {
    begin_ = end_ = 0;
    draining_ = !packet;
    if (!packet || packet->size == 0) return 0;
    const int decoded =
        opus_decode_float(decoder_.get(), packet->data, packet->size, samples_.data(), kLongestPacket, 0);
    if (decoded < 0) return AVERROR_INVALIDDATA;
    const Trim trim = trim_of(*packet);
    skip_ += to_frames(trim.begin);
    begin_ = std::min<std::int64_t>(skip_, decoded);
    skip_ -= begin_;
    end_ = std::max(begin_, decoded - to_frames(trim.end));
    begin_pts_ =
        packet->pts == AV_NOPTS_VALUE ? AV_NOPTS_VALUE : packet->pts + begin_ * (kClock_hz / kRate_hz);
    return 0;
}

int OpusCodec::receive(AVFrame& frame) {
    libav::av_frame_unref(&frame);
    if (begin_ == end_) return draining_ ? AVERROR_EOF : AVERROR(EAGAIN);
    frame.format = AV_SAMPLE_FMT_FLT;
    frame.sample_rate = kRate_hz;
    libav::av_channel_layout_default(&frame.ch_layout, channels_);
    frame.nb_samples = static_cast<int>(end_ - begin_);
    frame.pts = begin_pts_;
    frame.data[0] = reinterpret_cast<std::uint8_t*>(samples_.data() + begin_ * channels_);
    frame.extended_data = frame.data;
    begin_ = end_;
    return 0;
}

void OpusCodec::flush() {
    opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
    begin_ = end_ = skip_ = 0;
    draining_ = false;
}

}  // namespace earshot::audio
