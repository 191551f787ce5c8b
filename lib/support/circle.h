#pragma once

#include <cmath>
#include <numbers>

namespace earshot {

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

}  // namespace earshot
