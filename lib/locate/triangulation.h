#pragma once

#include <optional>
#include <span>

#include "locate/bearing.h"
#include "locate/geometry.h"

namespace earshot::locate {

/// Where bearings intersect in the horizontal plane, as seen from the origin of the geometry (from the array
/// if there is only one). Stored as direction and inverse distance, whose errors are close to normal:
/// parallax is proportional to it, and it is 0 for parallel bearings.
struct Fix {
    double azimuth_deg = 0;
    double azimuth_sd_deg = 0;
    double inverse_m = 0;                 // 1 / distance; 0: infinitely far
    std::optional<double> inverse_sd_m;   // standard deviation; empty if distance cannot be observed
    std::optional<double> elevation_deg;  // mean over the arrays that have one
    double coherence = 0;                 // mean

    /// Distances, metres, that enclose the truth with the probability of `deviations` of a normal
    /// distribution; the farther one is infinity where the bearings may be parallel.
    double nearest_m(double deviations) const;
    double farthest_m(double deviations) const;
};

/// Weighted least squares over the bearings, by Gauss-Newton steps from the best of a grid of distances; the
/// covariance is that of the bearings carried through (inverse of the Fisher information), widened where
/// three or more bearings contradict each other.
/// @param bearings  one for each array of the geometry
Fix triangulate(std::span<const Bearing> bearings, const ArrayGeometry& geometry);

}  // namespace earshot::locate
