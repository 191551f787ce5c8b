#pragma once

#include <cmath>
#include <numbers>

#include "locate/geometry.h"

namespace earshot {

// Azimuth: degrees, 0 ahead (y), 90 to the right (x), clockwise seen from above. Elevation: degrees, 90 up
// (z).

inline double radians(double degrees) { return degrees * std::numbers::pi / 180; }
inline double degrees(double radians) { return radians * 180 / std::numbers::pi; }

/// The same angle in [0, 360).
inline double wrap_360(double angle_deg) {
    const double wrapped = std::fmod(angle_deg, 360.0);
    // Adding 360 to a tiny negative number gives 360 itself.
    return wrapped < 0 ? (wrapped + 360 < 360 ? wrapped + 360 : 0) : wrapped;
}

/// The same angle in [-180, 180): of a difference, the short way round.
inline double wrap_180(double angle_deg) { return wrap_360(angle_deg + 180) - 180; }

/// Unit vector towards a direction.
inline Point towards(double azimuth_deg, double elevation_deg = 0) {
    const double azimuth = radians(azimuth_deg), elevation = radians(elevation_deg);
    return {std::sin(azimuth) * std::cos(elevation), std::cos(azimuth) * std::cos(elevation),
            std::sin(elevation)};
}

/// Azimuth of a point as seen from the origin; 0 at the origin itself.
inline double azimuth_of(const Point& point) { return wrap_360(degrees(std::atan2(point.x(), point.y()))); }

}  // namespace earshot
