#pragma once

#include <optional>

namespace earshot::locate {

/// The direction of one sound, estimated from one array.
struct Bearing {
    double azimuth_deg = 0;
    double sd_deg = 0;     // standard deviation
    double coherence = 0;  // 0 to 1: how much of the sound comes as one wave from there
    std::optional<double> elevation_deg;
};

}  // namespace earshot::locate
