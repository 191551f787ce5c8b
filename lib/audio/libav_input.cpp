#include "audio/libav_input.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "audio/libav_log.h"
#include "audio/mp3_head.h"
#include "audio/ogg_end.h"
#include "audio/pcm_chunk.h"
#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::audio {
namespace {

constexpr std::size_t kIoBytes = std::size_t{1} << 15;
// How far to read ahead to identify a stream. Pictures in ID3 tags come on top.
constexpr const char* kProbeBytes = "262144";
// Limit on libav's index of packet positions, which libav thins out beyond it: a coarse index is enough for
// seeking, and memory does not grow with the length of the recording.
constexpr const char* kIndexBytes = "65536";
// Limit on one allocation: enough for the index of an MP4 of two days, too small for what a broken header
// claims.
constexpr std::size_t kMaxAllocation = std::size_t{256} << 20;
constexpr const char* kUrlProtocols = "http,https,tcp,tls,crypto,httpproxy,rtsp,rtp,udp,srtp,rtmp,hls";

int read_bytes(void* opaque, std::uint8_t* buffer, int size) {
    auto& input = *static_cast<ByteInput*>(opaque);
    const std::int64_t got =
        input.read({reinterpret_cast<std::byte*>(buffer), static_cast<std::size_t>(size)});
    if (got < 0) return AVERROR(EIO);
    return got == 0 ? AVERROR_EOF : static_cast<int>(got);
}

std::int64_t seek_bytes(void* opaque, std::int64_t offset, int whence) {
    auto& input = *static_cast<ByteInput*>(opaque);
    if (whence == AVSEEK_SIZE) return input.size().value_or(-1);
    whence &= ~AVSEEK_FORCE;
    if (whence == SEEK_CUR) offset += input.position();
    if (whence == SEEK_END) offset += input.size().value_or(0);
    return input.seek(offset) ? offset : AVERROR(EINVAL);
}

bool is_pcm(const AVCodecParameters& parameters) {
    return libav::av_get_exact_bits_per_sample(parameters.codec_id) > 0;
}

/// The header states everything that decoding needs, so no packet need be read ahead: live PCM from a pipe
/// has no delay.
bool header_is_enough(const AVCodecParameters& parameters) {
    return is_pcm(parameters) && parameters.sample_rate > 0 && parameters.ch_layout.nb_channels > 0;
}

}  // namespace

LibavInput::LibavInput(std::unique_ptr<ByteInput> bytes, const std::optional<RawFormat>& raw)
    : name_(bytes->name()), bytes_(std::move(bytes)), stop_(interrupted) {
    auto* buffer = static_cast<std::uint8_t*>(libav::av_malloc(kIoBytes));
    io_.reset(libav::avio_alloc_context(buffer, kIoBytes, 0, bytes_.get(), read_bytes, nullptr, seek_bytes));
    if (!buffer || !io_) throw std::bad_alloc();
    if (!bytes_->size()) io_->seekable = 0;

    AVDictionary* options = nullptr;
    const AVInputFormat* format = nullptr;
    if (raw) {
        format = libav::av_find_input_format(raw->encoding.c_str());
        if (!format)
            throw Error(fmt::format("{}: libav does not support the raw format '{}'", name_, raw->encoding));
        libav::av_dict_set_int(&options, "sample_rate", raw->rate_hz, 0);
        libav::av_dict_set(&options, "ch_layout", fmt::format("{}C", raw->channels).c_str(), 0);
    }
    // A playlist in a stranger's archive must not make us open other files or connections.
    libav::av_dict_set(&options, "protocol_whitelist", "none", 0);
    const auto chunk = raw ? std::nullopt : find_pcm_chunk(*bytes_);
    const auto mp3_length = raw ? std::nullopt : find_mp3_length(*bytes_);
    open("", format, options);
    if (is_container("mp3")) stated_samples_ = mp3_length;
    cut_off_ = is_container("ogg") && bytes_->size() && !ends_with_last_ogg_page(*bytes_);
    // libav does not state the length of a WAV if it cannot seek.
    const AVCodecParameters& coding = *stream_->codecpar;
    if (chunk && chunk->bytes && stream_->duration == AV_NOPTS_VALUE && coding.block_align > 0 &&
        coding.sample_rate > 0 && is_pcm(coding))
        stream_->duration = libav::av_rescale_q(*chunk->bytes / coding.block_align, {1, coding.sample_rate},
                                                stream_->time_base);
}

LibavInput::LibavInput(const std::string& url) : LibavInput(url, url, "", interrupted) {}

LibavInput::LibavInput(const std::string& name, const std::string& url, const std::string& demuxer,
                       std::function<bool()> stop)
    : name_(name), stop_(std::move(stop)) {
    static const int network = libav::avformat_network_init();
    static_cast<void>(network);
    const AVInputFormat* const format =
        demuxer.empty() ? nullptr : libav::av_find_input_format(demuxer.c_str());
    if (!demuxer.empty() && !format)
        throw Error(fmt::format("{}: libav has no demuxer '{}'", name_, demuxer));
    has_patience_ = !format;
    AVDictionary* options = nullptr;
    if (!format) libav::av_dict_set(&options, "protocol_whitelist", kUrlProtocols, 0);
    open(url.c_str(), format, options);
}

/// Asking for the time costs as much as a tenth of a packet of MP3.
void LibavInput::begin_call() {
    if (has_patience_) deadline_ = std::chrono::steady_clock::now() + kPatience;
}

bool LibavInput::late() const { return has_patience_ && std::chrono::steady_clock::now() > deadline_; }

/// Throws if a call failed because of an interrupt, unreadable bytes or a stalled server.
void LibavInput::check_call() const {
    check_interrupt();
    if (bytes_) bytes_->throw_if_failed();
    if (late()) throw Error(fmt::format("{}: no answer for {} s", name_, kPatience.count()));
}

void LibavInput::open(const char* url, const AVInputFormat* format, AVDictionary* options) {
    static const bool bounded = (libav::av_max_alloc(kMaxAllocation), true);
    static_cast<void>(bounded);
    begin_call();
    std::string complaint;
    const LibavLog listening(complaint);
    AVFormatContext* context = libav::avformat_alloc_context();
    if (!context) throw std::bad_alloc();
    context->pb = io_.get();
    context->interrupt_callback = {[](void* opaque) {
                                       const auto& input = *static_cast<LibavInput*>(opaque);
                                       return input.stop_() || input.late() ? 1 : 0;
                                   },
                                   this};
    libav::av_dict_set(&options, "probesize", kProbeBytes, 0);
    libav::av_dict_set(&options, "indexmem", kIndexBytes, 0);
    const int status =
        libav::avformat_open_input(&context, url, format, &options);  // frees the context if it fails
    const LibavPtr<AVDictionary> unused(options);
    if (status >= 0) context_.reset(context);
    check_call();
    if (status < 0 && !bytes_) throw Error(fmt::format("{}: {}", name_, libav_error_text(status)));
    if (status < 0)
        throw Error(fmt::format("{}: not in a supported audio format{}", name_,
                                complaint.empty() ? "" : " (" + complaint + ")"));
    find_stream();
}

void LibavInput::find_stream() {
    int index = libav::av_find_best_stream(context_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
    if (index < 0 || !header_is_enough(*context_->streams[index]->codecpar)) {
        begin_call();
        libav::avformat_find_stream_info(context_.get(), nullptr);
        check_call();
        index = libav::av_find_best_stream(context_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
    }
    if (index < 0) throw Error(fmt::format("{}: no sound in it", name_));
    for (unsigned i = 0; i < context_->nb_streams; ++i) {
        if (static_cast<int>(i) != index) context_->streams[i]->discard = AVDISCARD_ALL;
    }
    stream_ = context_->streams[index];
}

bool LibavInput::is_container(std::string_view name) const {
    return libav::av_match_name(std::string(name).c_str(), context_->iformat->name) != 0;
}

std::optional<std::int64_t> LibavInput::stated_end() const {
    const bool estimated = context_->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
    if (estimated || stream_->duration == AV_NOPTS_VALUE || stream_->duration <= 0) return {};
    return stream_->duration + (stream_->start_time == AV_NOPTS_VALUE ? 0 : stream_->start_time);
}

std::optional<std::int64_t> LibavInput::last_packet() const {
    const int entries = libav::avformat_index_get_entries_count(stream_);
    if (!is_container("mp4") || entries == 0) return {};
    return libav::avformat_index_get_entry(stream_, entries - 1)->timestamp;
}

bool LibavInput::can_seek() const {
    return context_->pb && (context_->pb->seekable & AVIO_SEEKABLE_NORMAL) != 0;
}

int LibavInput::read(AVPacket& packet) {
    while (true) {
        begin_call();
        const int status = libav::av_read_frame(context_.get(), &packet);
        if (status < 0) {
            check_call();
            const int io_error = !bytes_ && context_->pb ? context_->pb->error : 0;
            if (io_error < 0 && io_error != AVERROR_EOF)
                throw Error(fmt::format(
                    "{}: {}", name_,
                    io_error == AVERROR(EIO) ? "the connection was lost" : libav_error_text(io_error)));
            return status;
        }
        if (packet.stream_index == stream_->index) return 0;
        libav::av_packet_unref(&packet);
    }
}

bool LibavInput::seek(std::int64_t timestamp) {
    begin_call();
    return libav::av_seek_frame(context_.get(), stream_->index, timestamp, AVSEEK_FLAG_BACKWARD) >= 0;
}

}  // namespace earshot::audio
