#include "live/sound_history.h"

#include <algorithm>
#include <cmath>

namespace earshot::live {

SoundHistory::SoundHistory(int rate_hz, double duration_s)
    : rate_hz_(rate_hz), ring_(static_cast<std::size_t>(std::max(1.0, std::ceil(duration_s * rate_hz)))) {}

void SoundHistory::samples(std::int64_t position, UtcTime time, std::span<const float> samples) {
    const std::lock_guard lock(mutex_);
    const auto size = static_cast<std::int64_t>(ring_.size());
    if (begin_ == end_ || position < end_ || position - end_ >= size) {
        begin_ = end_ = position;
    } else {
        append_silence(position - end_);
    }
    append(samples);
    end_time_ =
        time + std::chrono::microseconds(1'000'000 * static_cast<std::int64_t>(samples.size()) / rate_hz_);
    begin_ = std::max(begin_, end_ - size);
}

void SoundHistory::append(std::span<const float> samples) {
    const std::size_t surplus = samples.size() - std::min(samples.size(), ring_.size());
    end_ += static_cast<std::int64_t>(surplus);
    for (samples = samples.subspan(surplus); !samples.empty();) {
        const auto at = static_cast<std::size_t>(end_) % ring_.size();
        const auto part = samples.first(std::min(samples.size(), ring_.size() - at));
        std::ranges::copy(part, ring_.begin() + static_cast<std::ptrdiff_t>(at));
        end_ += static_cast<std::int64_t>(part.size());
        samples = samples.subspan(part.size());
    }
}

void SoundHistory::append_silence(std::int64_t count) {
    for (; count > 0; --count) ring_[static_cast<std::size_t>(end_++) % ring_.size()] = 0;
}

SoundHistory::Extract SoundHistory::cut(std::int64_t begin, std::int64_t end) const {
    const std::lock_guard lock(mutex_);
    begin = std::clamp(begin, begin_, end_);
    end = std::clamp(end, begin, end_);
    Extract extract{begin, end_time_ - std::chrono::microseconds(1'000'000 * (end_ - begin) / rate_hz_), {}};
    extract.samples.resize(static_cast<std::size_t>(end - begin));
    for (std::size_t i = 0; i < extract.samples.size(); ++i)
        extract.samples[i] = ring_[(static_cast<std::size_t>(begin) + i) % ring_.size()];
    return extract;
}

SoundHistory::Extract SoundHistory::last(double duration_s) const {
    const auto now = end();
    return cut(now - std::llround(duration_s * rate_hz_), now);
}

std::int64_t SoundHistory::end() const {
    const std::lock_guard lock(mutex_);
    return end_;
}

}  // namespace earshot::live
