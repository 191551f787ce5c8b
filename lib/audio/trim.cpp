#include "audio/trim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "support/error.h"

namespace earshot::audio {
namespace {

/// A hundred years: adding any real length to it cannot overflow.
constexpr double kLongest_s = 3.2e9;

std::int64_t to_frames(double seconds, int rate_hz) {
    return std::llround(std::clamp(seconds, 0.0, kLongest_s) * rate_hz);
}

}  // namespace

TrimmedSource::TrimmedSource(std::unique_ptr<Decoder> decoder, double start_s,
                             std::optional<double> duration_s, const std::string& name)
    : decoder_(std::move(decoder)) {
    const int rate_hz = decoder_->format().rate_hz;
    start_ = to_frames(start_s, rate_hz);
    if (duration_s) left_ = length_ = to_frames(*duration_s, rate_hz);
    if (start_ == 0) return;
    decoder_->skip_to(start_);
    if (decoder_->position() < start_)
        throw Error(fmt::format("{}: is {:.3f} s long, so nothing is left after {:.3f} s", name,
                                static_cast<double>(decoder_->position()) / rate_hz, start_s));
}

std::span<const float> TrimmedSource::read(std::size_t max_frames) {
    const auto want =
        static_cast<std::size_t>(std::min<std::uint64_t>(max_frames, static_cast<std::uint64_t>(left_)));
    if (want == 0) return {};
    const auto block = decoder_->read(want);
    left_ -= static_cast<std::int64_t>(block.size()) / format().channels;
    return block;
}

std::size_t TrimmedSource::read_into(std::span<float> destination) {
    const auto channels = static_cast<std::uint64_t>(format().channels);
    const auto frames =
        std::min<std::uint64_t>(destination.size() / channels, static_cast<std::uint64_t>(left_));
    if (frames == 0) return 0;
    const std::size_t written = decoder_->read_into(destination.first(frames * channels));
    left_ -= static_cast<std::int64_t>(written / channels);
    return written;
}

std::optional<std::int64_t> TrimmedSource::frames() const {
    const auto whole = decoder_->frames();
    if (!whole) return {};
    return std::min(length_, std::max<std::int64_t>(0, *whole - start_));
}

}  // namespace earshot::audio
