#include "view/display_meter.h"

#include <algorithm>
#include <cmath>

namespace earshot::view {
namespace {

float to_dbfs(double amplitude) {
    if (amplitude <= 0) return DisplayMeter::kSilence_dbfs;
    return std::max(DisplayMeter::kSilence_dbfs, static_cast<float>(20 * std::log10(amplitude)));
}

}  // namespace

DisplayMeter::DisplayMeter(int rate_hz)
    : rate_hz_(rate_hz), decay_(std::exp(-1 / (kIntegration_s * rate_hz))) {}

void DisplayMeter::push(std::span<const float> samples) {
    for (const float sample : samples) {
        const double value = static_cast<double>(sample);
        mean_square_ = decay_ * mean_square_ + (1 - decay_) * value * value;
        const float size = std::abs(sample);
        if (size >= peak_ || position_ >= peak_until_) {
            peak_ = size;
            peak_until_ = position_ + static_cast<std::int64_t>(kHold_s * rate_hz_);
        }
        if (size >= 1) clip_until_ = position_ + static_cast<std::int64_t>(kClip_s * rate_hz_);
        ++position_;
    }
}

float DisplayMeter::level_dbfs() const { return to_dbfs(std::sqrt(mean_square_)); }
float DisplayMeter::peak_dbfs() const { return to_dbfs(static_cast<double>(peak_)); }

}  // namespace earshot::view
