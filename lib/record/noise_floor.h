#pragma once

#include <array>
#include <optional>

namespace earshot::record {

/// Background level: the 20th percentile of recent levels. Levels are counted in bins of half a decibel;
/// their weight halves with each half-life.
class NoiseFloor {
 public:
    /// @param half_life  in levels
    explicit NoiseFloor(double half_life);

    void add(double level_dbfs);
    /// Nothing until a tenth of a half-life of levels has been added.
    std::optional<double> dbfs() const;

 private:
    static constexpr double kLowest_dbfs = -120, kStep_db = 0.5, kFraction = 0.2;

    const double growth_;  // of a new level's weight over that of the one before: no need to scale all others
    double weight_ = 1, sum_ = 0, count_ = 0;
    const double enough_;
    std::array<double, 256> weights_{};
};

}  // namespace earshot::record
