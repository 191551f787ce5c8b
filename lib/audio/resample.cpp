#include "audio/resample.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "support/error.h"

namespace earshot::audio {
namespace {

constexpr std::size_t kBlockFrames = 4096;

}  // namespace

ResampledSource::ResampledSource(std::unique_ptr<Source> source, int rate_hz)
    : source_(std::move(source)), rate_hz_(rate_hz) {
    const AudioFormat in = source_->format();
    AVChannelLayout layout{};
    // Unspecified layout, so that no channel is mixed into another.
    layout.order = AV_CHANNEL_ORDER_UNSPEC;
    layout.nb_channels = in.channels;
    SwrContext* context = nullptr;
    const int status = libav::swr_alloc_set_opts2(&context, &layout, AV_SAMPLE_FMT_FLT, rate_hz, &layout,
                                                  AV_SAMPLE_FMT_FLT, in.rate_hz, 0, nullptr);
    resampler_.reset(context);
    if (status < 0) throw std::bad_alloc();
    libav::av_opt_set(context, "resampler", "soxr", 0);
    libav::av_opt_set_double(context, "precision", 20, 0);
    if (libav::swr_init(context) < 0)
        throw Error(fmt::format("cannot resample from {} to {} Hz (is libswresample built with libsoxr?)",
                                in.rate_hz, rate_hz));
    buffer_.resize(
        (kBlockFrames * static_cast<std::size_t>(rate_hz) / static_cast<std::size_t>(in.rate_hz) + 64) *
        static_cast<std::size_t>(in.channels));
}

std::int64_t ResampledSource::output_frames(std::int64_t input_frames) const {
    return libav::av_rescale(input_frames, rate_hz_, source_->format().rate_hz);  // to the nearest
}

std::optional<std::int64_t> ResampledSource::frames() const {
    const auto frames = source_->frames();
    return frames ? std::optional(output_frames(*frames)) : std::nullopt;
}

std::span<const float> ResampledSource::read(std::size_t max_frames) {
    const auto channels = static_cast<std::size_t>(source_->format().channels);
    while (pending_.empty()) {
        std::span<const float> in;
        if (!ended_) in = source_->read(kBlockFrames);
        ended_ = in.empty();
        frames_in_ += static_cast<std::int64_t>(in.size() / channels);
        const auto* in_bytes = reinterpret_cast<const std::uint8_t*>(in.data());
        auto* out_bytes = reinterpret_cast<std::uint8_t*>(buffer_.data());
        const int got =
            libav::swr_convert(resampler_.get(), &out_bytes, static_cast<int>(buffer_.size() / channels),
                               ended_ ? nullptr : &in_bytes, static_cast<int>(in.size() / channels));
        if (got < 0) throw Error("libswresample failed");
        if (got == 0 && ended_) return {};
        std::int64_t use = got;
        if (ended_) use = std::min<std::int64_t>(use, output_frames(frames_in_) - frames_out_);
        if (use <= 0 && ended_) return {};
        frames_out_ += use;
        pending_ = std::span(buffer_).first(static_cast<std::size_t>(use) * channels);
    }
    const auto block = pending_.first(std::min(pending_.size(), max_frames * channels));
    pending_ = pending_.subspan(block.size());
    return block;
}

}  // namespace earshot::audio
