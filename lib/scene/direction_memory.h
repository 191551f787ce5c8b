#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace earshot::scene {

/// A mean direction and how concentrated directions are about it.
struct UsualDirection {
    double azimuth_deg = 0;
    double concentration = 0;  // length of the mean of unit vectors: 0 all around, 1 always the same
    double share = 1;          // of all observations, for a mode
};

/// From which directions a sound comes: a histogram over the circle, whose counts may fade.
///
/// Bins begin at 0 degrees (ahead) and go clockwise. A coarse histogram alone, as the original program kept
/// it, would do for the circular mean; modes are found on a finer one of 5 degrees.
class DirectionMemory {
 public:
    /// @param bins  of the coarse histogram, 1 to 72
    explicit DirectionMemory(std::size_t bins);

    void observe(double azimuth_deg, double weight = 1);
    /// All counts get smaller.
    void fade(double factor);
    /// What was counted elsewhere: in coarse bins, whose centres stand for them, or in fine ones.
    void restore_coarse(std::span<const double> counts);
    void restore_fine(std::span<const double> counts);

    std::span<const double> coarse() const { return coarse_; }
    std::span<const double> fine() const { return fine_; }
    double total() const;

    /// Circular mean of the centres of the coarse bins; nothing without an observation, or where they cancel
    /// out.
    std::optional<UsualDirection> mean() const;
    /// Where directions gather, most frequent first: the maxima of the fine histogram smoothed by 15 degrees,
    /// each with the observations that are nearer to it than to another: 15 % of all at least, and three.
    std::vector<UsualDirection> modes() const;
    /// Share of all observations within so many degrees of a direction.
    double share_within(double azimuth_deg, double reach_deg) const;

    static constexpr std::size_t kFineBins = 72;

 private:
    std::vector<double> coarse_, fine_;
};

}  // namespace earshot::scene
