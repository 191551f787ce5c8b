#include "record/noise_floor.h"

#include <algorithm>
#include <cmath>

namespace earshot::record {
namespace {

constexpr double kRescaleAt = 1e100;

}  // namespace

NoiseFloor::NoiseFloor(double half_life) : growth_(std::exp2(1 / half_life)), enough_(half_life / 10) {}

void NoiseFloor::add(double level_dbfs) {
    const double step = std::floor((level_dbfs - kLowest_dbfs) / kStep_db);
    const auto bin =
        static_cast<std::size_t>(std::clamp(step, 0.0, static_cast<double>(weights_.size() - 1)));
    weights_[bin] += weight_;
    sum_ += weight_;
    ++count_;
    weight_ *= growth_;
    if (weight_ < kRescaleAt) return;
    for (double& weight : weights_) weight /= weight_;
    sum_ /= weight_;
    weight_ = 1;
}

std::optional<double> NoiseFloor::dbfs() const {
    if (count_ < enough_) return {};
    double below = 0;
    for (std::size_t bin = 0; bin < weights_.size(); ++bin) {
        below += weights_[bin];
        if (below >= kFraction * sum_) return kLowest_dbfs + (static_cast<double>(bin) + 0.5) * kStep_db;
    }
    return 0;
}

}  // namespace earshot::record
