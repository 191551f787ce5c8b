#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace earshot::scene {

/// A mean direction and how closely directions cluster around it.
struct UsualDirection {
    double azimuth_deg = 0;
    double concentration = 0;  // length of the mean of unit vectors: 0 all around, 1 always the same
    double share = 1;          // for a mode: fraction of all observations
};

/// The directions of a sound, as a histogram over the circle, whose counts may fade.
///
/// Bins begin at 0 degrees (ahead) and go clockwise. The coarse histogram of the original
/// program is enough for the circular mean; modes are found on a finer one of 5 degrees.
class DirectionMemory {
 public:
    /// @param bins  of the coarse histogram, 1 to 72
    explicit DirectionMemory(std::size_t bins);

    void observe(double azimuth_deg, double weight = 1);
    /// Reduces all counts.
    void fade(double factor);
    /// Restores saved counts: of coarse bins, which are taken at their centres, or of fine bins.
    void restore_coarse(std::span<const double> counts);
    void restore_fine(std::span<const double> counts);

    std::span<const double> coarse() const { return coarse_; }
    std::span<const double> fine() const { return fine_; }
    double total() const;

    /// Circular mean of the centres of the coarse bins; empty without observations, or if they cancel out.
    std::optional<UsualDirection> mean() const;
    /// The modes, most frequent first: maxima of the fine histogram smoothed by 15 degrees, each with the
    /// observations that are nearest to it, which must be at least 15 % of all, and three.
    std::vector<UsualDirection> modes() const;
    /// Fraction of all observations within the given number of degrees of a direction.
    double share_within(double azimuth_deg, double reach_deg) const;

    static constexpr std::size_t kFineBins = 72;

 private:
    std::vector<double> coarse_, fine_;
};

}  // namespace earshot::scene
