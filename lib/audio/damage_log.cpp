#include "audio/damage_log.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace earshot::audio {
namespace {

constexpr std::size_t kMaxPlaces = 100;
constexpr double kOnePlace_s = 1.0;

}  // namespace

void DamageLog::add(double position_s, std::string what) {
    const bool same_place = position_s < std::exchange(last_s_, position_s) + kOnePlace_s;
    if (same_place || damage_.size() > kMaxPlaces) return;
    if (damage_.size() == kMaxPlaces) what = "more damage from here on";
    damage_.push_back({position_s, std::move(what)});
}

void DamageLog::clean(std::span<float> samples, double position_s) {
    std::size_t found = 0;
    for (float& sample : samples) {
        if (std::isfinite(sample)) continue;
        sample = 0;
        ++found;
    }
    if (found == 0) return;
    if (!non_finite_index_) {
        non_finite_index_ = damage_.size();
        damage_.push_back({position_s, {}});
    }
    non_finite_ += found;
    damage_[*non_finite_index_].what =
        fmt::format("{} sample{} from here on {} not finite, replaced with 0", non_finite_,
                    non_finite_ == 1 ? "" : "s", non_finite_ == 1 ? "is" : "are");
}

}  // namespace earshot::audio
