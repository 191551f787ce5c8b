#include "audio/mp3_input.h"

#include <algorithm>
#include <new>
#include <utility>

#include "support/interrupt.h"

namespace earshot::audio {
namespace {

constexpr std::size_t kUsualPacketBytes = 4096;  // a frame has at most 1441

/// There is more behind the frames that the information frame counts: several files were joined.
bool is_joined(const ByteInput& bytes, const Mp3Head& head) {
    if (!bytes.size() || !head.bytes) return false;
    const std::int64_t present = *bytes.size() - head.begin;
    return present - *head.bytes > *head.bytes / 16;  // a tag at the end may be longer than it should
}

/// Has libavcodec drop the first samples that come of this packet on.
void skip_samples(AVPacket& packet, std::int64_t count) {
    constexpr std::size_t kSkipBytes = 10;  // from the start, from the end, and two reasons
    std::uint8_t* const data = av_packet_new_side_data(&packet, AV_PKT_DATA_SKIP_SAMPLES, kSkipBytes);
    if (!data) throw std::bad_alloc();
    std::fill_n(data, kSkipBytes, std::uint8_t{0});
    for (int byte = 0; byte < 4; ++byte) data[byte] = static_cast<std::uint8_t>(count >> (8 * byte));
}

}  // namespace

Mp3Input::Mp3Input(std::unique_ptr<ByteInput> bytes, const Mp3Head& head)
    : bytes_(std::move(bytes)),
      head_(head),
      coding_(avcodec_parameters_alloc()),
      context_(avcodec_alloc_context3(nullptr)) {
    if (!coding_ || !context_) throw std::bad_alloc();
    coding_->codec_type = AVMEDIA_TYPE_AUDIO;
    coding_->codec_id = AV_CODEC_ID_MP3;
    coding_->sample_rate = head_.rate_hz;
    if (head_.length) late_ = head_.length->delay + kMp3DecoderDelay;
    if (is_joined(*bytes_, head_)) {
        head_.coded.reset();
        head_.length.reset();
    }
    rewind();
}

void Mp3Input::rewind() {
    if (!bytes_->seek(head_.begin)) {  // a pipe, which stands at its beginning
        for (std::int64_t left = head_.begin; left > 0;) {
            const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(left, kBlockBytes));
            const std::int64_t got = bytes_->read(std::as_writable_bytes(std::span(block_).first(wanted)));
            bytes_->throw_if_failed();
            if (got <= 0) break;
            left -= got;
        }
    }
    context_->codec_id = AV_CODEC_ID_MP3;
    parser_.reset(av_parser_init(AV_CODEC_ID_MP3));
    if (!parser_) throw std::bad_alloc();
    unparsed_ = {};
    ended_ = false;
    samples_ = 0;
    at_begin_ = true;
    at_information_ = head_.has_information;
}

/// @return false at the end
bool Mp3Input::refill() {
    const std::int64_t got = bytes_->read(std::as_writable_bytes(std::span(block_).first(kBlockBytes)));
    bytes_->throw_if_failed();
    check_interrupt();
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(0, got));
    std::fill_n(block_.begin() + static_cast<std::ptrdiff_t>(size), AV_INPUT_BUFFER_PADDING_SIZE,
                std::uint8_t{0});
    unparsed_ = std::span(block_).first(size);
    return size > 0;
}

/// As the parser cuts them: a frame, with what stands in front of it that is none. Empty at the end.
std::span<const std::uint8_t> Mp3Input::next_frame() {
    while (true) {
        if (unparsed_.empty() && !ended_) ended_ = !refill();
        std::uint8_t* frame = nullptr;
        int size = 0;
        const int used =
            av_parser_parse2(parser_.get(), context_.get(), &frame, &size, unparsed_.data(),
                             static_cast<int>(unparsed_.size()), AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
        unparsed_ =
            unparsed_.subspan(std::min(unparsed_.size(), static_cast<std::size_t>(std::max(0, used))));
        if (size > 0) return {frame, static_cast<std::size_t>(size)};
        if (ended_) return {};
    }
}

/// The memory of the last packet again, unless the decoder still holds it.
std::uint8_t* Mp3Input::room_for(std::size_t bytes) {
    const std::size_t needed = bytes + AV_INPUT_BUFFER_PADDING_SIZE;
    if (!packet_ || packet_->size < needed || !av_buffer_is_writable(packet_.get()))
        packet_.reset(av_buffer_alloc(std::max(needed, kUsualPacketBytes)));
    if (!packet_) throw std::bad_alloc();
    return packet_->data;
}

int Mp3Input::read(AVPacket& packet) {
    auto frame = next_frame();
    if (std::exchange(at_information_, false)) frame = next_frame();
    if (frame.empty()) return AVERROR_EOF;
    std::uint8_t* const data = room_for(frame.size());
    std::fill_n(std::ranges::copy(frame, data).out, AV_INPUT_BUFFER_PADDING_SIZE, std::uint8_t{0});
    packet.buf = av_buffer_ref(packet_.get());
    if (!packet.buf) throw std::bad_alloc();
    packet.data = data;
    packet.size = static_cast<int>(frame.size());
    packet.flags = AV_PKT_FLAG_KEY;
    packet.pts = packet.dts = samples_;
    packet.duration = parser_->duration;
    samples_ += packet.duration;
    if (std::exchange(at_begin_, false) && late_ > 0) skip_samples(packet, late_);
    return 0;
}

/// There is no index: the packets are counted from the beginning.
bool Mp3Input::seek(std::int64_t) {
    if (!can_seek()) return false;
    rewind();
    return true;
}

}  // namespace earshot::audio
