#include "record/level_meter.h"

#include <algorithm>
#include <cmath>

namespace earshot::record {
namespace {

constexpr float kLargest16 = 32767.0f / 32768.0f;

}  // namespace

void LevelMeter::add(std::span<const float> samples) {
    double squares = 0;
    float max_amp = max_amp_;
    std::int64_t clipped = 0;
    for (const float sample : samples) {
        const float amplitude = std::abs(sample);
        squares += static_cast<double>(sample) * sample;
        max_amp = std::max(max_amp, amplitude);
        clipped += amplitude >= kLargest16 ? 1 : 0;
    }
    squares_ += squares;
    max_amp_ = max_amp;
    clipped_ += clipped;
    samples_ += static_cast<std::int64_t>(samples.size());
}

double LevelMeter::rms_dbfs() const { return 10 * std::log10(squares_ / static_cast<double>(samples_)); }

}  // namespace earshot::record
