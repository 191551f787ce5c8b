#include "audio/packet_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "audio/libav_codec.h"
#include "audio/libav_log.h"
#include "audio/opus_codec.h"
#include "audio/samples.h"
#include "support/error.h"

namespace earshot::audio {
namespace {

/// Decoded and discarded before the target of a seek: MP3 frames borrow bits from earlier
/// ones (ISO 11172-3, 2.4.3.4), Opus needs 80 ms to converge (RFC 7845, 4.6), spectral band replication more.
constexpr double kPreroll_s = 1.0;
/// For shorter distances, decoding is faster than seeking.
constexpr double kSeekWorthwhile_s = 2.0;
constexpr int kMaxFailures = 64;
constexpr std::int64_t kMaxVorbisBlock = 8192;
constexpr std::int64_t kMaxMp3Padding = 4095;  // the information frame has 12 bits for it

/// Containers state the exact length of these.
bool is_lossless(const AVCodecParameters& parameters) {
    const AVCodecDescriptor* const codec = libav::avcodec_descriptor_get(parameters.codec_id);
    return codec && (codec->props & AV_CODEC_PROP_LOSSLESS) != 0 && parameters.codec_id != AV_CODEC_ID_DTS;
}

}  // namespace

PacketDecoder::PacketDecoder(std::unique_ptr<PacketSource> input, const ChannelChoice& choice,
                             std::optional<int> rate_hz)
    : input_(std::move(input)),
      choice_(choice),
      packet_(libav::av_packet_alloc()),
      frame_(libav::av_frame_alloc()) {
    if (!packet_ || !frame_) throw std::bad_alloc();
    const LibavLog listening(complaint_);
    codec_ = open_codec(rate_hz);
    const AVCodecID coded = input_->coding().codec_id;
    is_pcm_ = libav::av_get_exact_bits_per_sample(coded) > 0;
    may_be_non_finite_ = std::string_view(libav::avcodec_get_name(coded)).starts_with("pcm_f");
    // The first frame gives the rate, channels and start time, which the container may omit or get wrong.
    if (next_frame()) {
        native_ = {frame_->sample_rate, frame_->ch_layout.nb_channels};
        if (frame_->pts != AV_NOPTS_VALUE) base_ = frame_->pts;
    } else {
        const AVCodecParameters& stated = input_->coding();
        native_ = {stated.sample_rate, stated.ch_layout.nb_channels};
        if (!input_->can_seek() && input_->is_container("mp4"))
            throw Error(
                fmt::format("{}: its index is at the end, so it cannot be read from a pipe (give the file)",
                            input_->name()));
        if (!is_pcm_ || !damage_.all().empty())
            throw Error(fmt::format("{}: no sound in it could be decoded{}", input_->name(),
                                    damage_.all().empty() ? "" : " (" + damage_.all()[0].what + ")"));
    }
    if (native_.rate_hz <= 0 || native_.channels <= 0)
        throw Error(fmt::format("{}: no sound in it could be decoded", input_->name()));
    format_ = {native_.rate_hz, chosen_channels(choice_, native_.channels, input_->name())};
    find_length();
    if (!ended_) present();
}

std::unique_ptr<Codec> PacketDecoder::open_codec(std::optional<int> rate_hz) const {
    if (rate_hz == OpusCodec::kRate_hz && OpusCodec::suits(*input_))
        return std::make_unique<OpusCodec>(*input_);
    // libav trims short files by a block too much or too little; the last granule position is exact.
    const bool trims = !is_ogg_vorbis();
    return std::make_unique<LibavCodec>(*input_, trims);
}

std::int64_t PacketDecoder::position() const {
    return next_ - static_cast<std::int64_t>(pending_.size()) / format_.channels;
}

/// Takes the length from the container if it is exact.
void PacketDecoder::find_length() {
    const AVCodecParameters& coding = input_->coding();
    const auto end = input_->stated_end();
    const auto stated = end ? std::optional(frame_at(*end)) : std::nullopt;
    if (is_lossless(coding)) {
        length_ = stated;
    } else if (is_ogg_vorbis() && end) {
        // libav puts the start of a file of one page too late; more than a block means a cut stream.
        length_ = base_ > kMaxVorbisBlock ? *stated : *end;
    } else if (coding.codec_id == AV_CODEC_ID_OPUS && input_->is_container("ogg") && input_->can_seek()) {
        if (stated)
            length_ = *stated -
                      libav::av_rescale_q(coding.initial_padding, input_->time_base(), {1, native_.rate_hz});
    } else {
        length_ = input_->stated_samples();
    }
    last_packet_ = input_->last_packet();
}

std::span<const float> PacketDecoder::read(std::size_t max_frames) {
    const LibavLog listening(complaint_);
    while (pending_.empty()) {
        if (ended_ || !next_frame()) return {};
        present();
    }
    return take_pending(max_frames * static_cast<std::size_t>(format_.channels));
}

std::size_t PacketDecoder::read_into(std::span<float> destination) {
    const LibavLog listening(complaint_);
    while (pending_.empty()) {
        if (ended_ || !next_frame()) return 0;
        if (const std::size_t written = present(destination)) return written;
    }
    const auto channels = static_cast<std::size_t>(format_.channels);
    const auto block = take_pending(destination.size() / channels * channels);
    std::ranges::copy(block, destination.begin());
    return block.size();
}

std::span<const float> PacketDecoder::take_pending(std::size_t max_samples) {
    const auto block = pending_.first(std::min(pending_.size(), max_samples));
    pending_ = pending_.subspan(block.size());
    return block;
}

/// Decodes the next frame into frame_. @return false at the end
bool PacketDecoder::next_frame() {
    while (true) {
        const int status = codec_->receive(*frame_);
        if (status >= 0 && frame_->nb_samples > 0) {
            if (!complaint_.empty()) note_damage({});
            return true;
        }
        if (status >= 0) continue;
        if (status == AVERROR_EOF) break;
        if (status != AVERROR(EAGAIN)) note_damage("invalid data");
        if (!feed()) break;
    }
    ended_ = true;
    check_length();
    return false;
}

/// Sends the next packet to the codec, or once the end. @return false after that
bool PacketDecoder::feed() {
    if (draining_) return false;
    const int status = input_->read(*packet_);
    if (status < 0) {
        if (status != AVERROR_EOF) note_damage("invalid data");
        if (status != AVERROR_EOF && ++failures_ < kMaxFailures) return true;
        draining_ = true;
        send(nullptr);
        return true;
    }
    failures_ = 0;
    const int sample_bytes = is_pcm_ ? input_->coding().block_align : 0;
    const bool whole = sample_bytes > 0 && packet_->size % sample_bytes == 0;  // PCM may end anywhere
    if ((packet_->flags & AV_PKT_FLAG_CORRUPT) && !whole) note_damage("ends in the middle of a block");
    send(packet_.get());
    libav::av_packet_unref(packet_.get());
    return true;
}

void PacketDecoder::send(const AVPacket* packet) {
    const int status = codec_->send(packet);
    if (status < 0 && status != AVERROR_EOF) note_damage("invalid data");
    if (!complaint_.empty()) note_damage({});
}

/// False for a frame with another rate or without the wanted channels: the recording changes half-way, or its
/// header is broken.
bool PacketDecoder::suits() {
    const AudioFormat now{frame_->sample_rate, frame_->ch_layout.nb_channels};
    if (now == native_) return true;
    if (now.rate_hz != native_.rate_hz) {
        note_damage(fmt::format("changes from {} to {} Hz, skipped", native_.rate_hz, now.rate_hz));
        return false;
    }
    const bool still_there = choice_.kind == ChannelChoice::Kind::mix ||
                             (choice_.kind == ChannelChoice::Kind::one && choice_.index < now.channels);
    if (!still_there)
        note_damage(fmt::format("changes from {} to {} channels, skipped", native_.channels, now.channels));
    return still_there;
}

/// Makes frame_ available to read(), or writes it to `destination` if it fits there. Skips unsuitable frames.
/// @return  samples written
std::size_t PacketDecoder::present(std::span<float> destination) {
    if (!suits()) return 0;
    if (std::exchange(after_seek_, false)) next_ = frame_at(frame_->pts);
    trim_end();
    const std::int64_t first = std::exchange(next_, next_ + frame_->nb_samples);
    const auto size = static_cast<std::size_t>(frame_->nb_samples * format_.channels);
    const bool fits = size <= destination.size();
    if (const auto in_place = samples_in_place(*frame_, choice_); in_place && !fits) {
        pending_ = *in_place;
        return 0;
    }
    if (!fits && buffer_.size() < size) buffer_.resize(size);
    const auto made = fits ? destination.first(size) : std::span(buffer_).first(size);
    copy_samples(*frame_, choice_, made.data());
    if (may_be_non_finite_) damage_.clean(made, seconds(first));  // PCM is never used in place
    if (fits) return size;
    pending_ = made;
    return 0;
}

bool PacketDecoder::is_ogg_vorbis() const {
    return input_->coding().codec_id == AV_CODEC_ID_VORBIS && input_->is_container("ogg") &&
           input_->can_seek();
}

/// Drops padding at the end that libav leaves: in the last packet of MP4, in MP3 from a pipe, in Vorbis.
void PacketDecoder::trim_end() {
    std::int64_t keep = frame_->nb_samples;
    if (last_packet_ && frame_->pts == *last_packet_ && frame_->pkt_duration > 0)
        keep = std::min(keep,
                        libav::av_rescale_q(frame_->pkt_duration, input_->time_base(), {1, native_.rate_hz}));
    // Several MP3 files in one pipe: sound goes on after the padding of the first.
    const bool trims = is_ogg_vorbis() || (input_->stated_samples() && next_ < *length_ + kMaxMp3Padding);
    if (length_ && trims) keep = std::clamp<std::int64_t>(*length_ - next_, 0, keep);
    frame_->nb_samples = static_cast<int>(keep);
}

std::int64_t PacketDecoder::frame_at(std::int64_t timestamp) const {
    return libav::av_rescale_q(timestamp - base_, input_->time_base(), {1, native_.rate_hz});
}

std::int64_t PacketDecoder::timestamp_at(std::int64_t frame) const {
    return base_ + libav::av_rescale_q_rnd(frame, {1, native_.rate_hz}, input_->time_base(), AV_ROUND_DOWN);
}

double PacketDecoder::seconds(std::int64_t frame) const {
    return native_.rate_hz > 0 ? static_cast<double>(frame) / native_.rate_hz : 0;
}

void PacketDecoder::skip_to(std::int64_t frame) {
    if (frame <= position()) return;
    const LibavLog listening(complaint_);
    heedless_ = true;
    if (static_cast<double>(frame - next_) > kSeekWorthwhile_s * native_.rate_hz) seek_before(frame);
    while (!ended_ && next_ <= frame) {
        pending_ = {};
        if (!next_frame()) break;
        present();
    }
    complaint_.clear();
    heedless_ = false;
    const auto drop =
        static_cast<std::size_t>(std::max<std::int64_t>(0, frame - position()) * format_.channels);
    pending_ = pending_.subspan(std::min(drop, pending_.size()));
}

/// Seeks to some way before `frame`, or does nothing if that cannot be exact.
void PacketDecoder::seek_before(std::int64_t frame) {
    const AVRational unit = input_->time_base();
    const bool exact_times = std::int64_t{unit.num} * native_.rate_hz <= unit.den;
    if (!input_->can_seek() || !exact_times) return;
    const std::int64_t target = timestamp_at(frame);
    const std::int64_t early = timestamp_at(frame - static_cast<std::int64_t>(kPreroll_s * native_.rate_hz));
    // These have no exact index. Counting their packets takes a fraction of the time of decoding them.
    const bool countable = input_->is_container("mp3") || input_->is_container("aac");
    // These have exact timestamps to seek by.
    const bool indexed =
        is_pcm_ || input_->is_container("ogg") || input_->is_container("flac") || input_->is_container("mp4");
    if (!countable && !(indexed && input_->seek(early))) return;
    pending_ = {};
    after_seek_ = true;
    codec_->flush();
    const auto is_beyond = [&] { return packet_->pts == AV_NOPTS_VALUE || packet_->pts > target; };
    bool found = demux_to(early);
    if (found && is_beyond()) {  // the index is wrong: count from the start
        libav::av_packet_unref(packet_.get());
        found = input_->seek(timestamp_at(0)) && demux_to(early);
        if (found && is_beyond())
            throw Error(fmt::format("{}: cannot seek to {:.3f} s", input_->name(), seconds(frame)));
    }
    if (found) send(packet_.get());
    libav::av_packet_unref(packet_.get());
}

/// Reads packets until packet_ ends after `timestamp`. @return false if there is none
bool PacketDecoder::demux_to(std::int64_t timestamp) {
    while (true) {
        const int status = input_->read(*packet_);
        if (status >= 0 && packet_->pts + packet_->duration > timestamp) return true;
        if (status >= 0) {
            failures_ = 0;
            next_ = frame_at(packet_->pts + packet_->duration);
            libav::av_packet_unref(packet_.get());
        } else if (status == AVERROR_EOF || ++failures_ >= kMaxFailures) {
            ended_ = draining_ = true;
            after_seek_ = false;
            return false;
        }
    }
}

/// A file that is shorter than its header states is damaged.
void PacketDecoder::check_length() {
    if (input_->cut_off()) damage_.add(seconds(next_), "cut off: its last page is missing");
    const auto end = input_->stated_end();
    if (!length_ && !end) return;
    // The container may or may not count the delay and padding of the codec.
    const std::int64_t tolerance = length_ ? 0 : 3 * std::max(codec_->frame_size(), 1152);
    const std::int64_t stated = length_ ? *length_ : frame_at(*end);
    if (next_ + tolerance < stated)
        note_damage(
            fmt::format("ends here, {:.3f} s short of what its header promises", seconds(stated - next_)));
}

/// @param what  empty to use libav's message
void PacketDecoder::note_damage(std::string what) {
    const std::string said = std::exchange(complaint_, {});
    // Junk after the end of the sound, such as an unknown tag, is not damage.
    if (heedless_ || (length_ && next_ >= *length_)) return;
    if (what.empty()) {
        what = said;
    } else if (!said.empty()) {
        what += fmt::format(" ({})", said);
    }
    damage_.add(seconds(next_), std::move(what));
}

}  // namespace earshot::audio
