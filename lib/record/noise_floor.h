#pragma once

#include <array>
#include <optional>

namespace earshot::record {

/// The level that a place has when nothing in particular sounds: the one that a fifth of recent levels do not
/// reach. Levels are counted in steps of half a decibel, and count half as much after each half-life.
class NoiseFloor {
 public:
    /// @param half_life  in levels
    explicit NoiseFloor(double half_life);

    void add(double level_dbfs);
    /// Nothing before there is a tenth of a half-life of levels.
    std::optional<double> dbfs() const;

 private:
    static constexpr double kLowest_dbfs = -120, kStep_db = 0.5, kShare = 0.2;

    const double growth_;  // of a new level's weight over that of the one before: no need to scale all others
    double weight_ = 1, sum_ = 0, count_ = 0;
    const double enough_;
    std::array<double, 256> weights_{};
};

}  // namespace earshot::record
