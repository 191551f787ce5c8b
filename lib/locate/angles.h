#pragma once

#include <cmath>

#include "locate/geometry.h"
#include "support/circle.h"

namespace earshot::locate {

// Azimuth: degrees, 0 ahead (y), 90 to the right (x), clockwise seen from above. Elevation: degrees, 90 up
// (z).

/// Unit vector towards a direction.
inline Point towards(double azimuth_deg, double elevation_deg = 0) {
    const double azimuth = radians(azimuth_deg), elevation = radians(elevation_deg);
    return {std::sin(azimuth) * std::cos(elevation), std::cos(azimuth) * std::cos(elevation),
            std::sin(elevation)};
}

/// Azimuth of a point as seen from the origin; 0 at the origin itself.
inline double azimuth_of(const Point& point) { return wrap_360(degrees(std::atan2(point.x(), point.y()))); }

}  // namespace earshot::locate
