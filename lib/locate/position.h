#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "locate/triangulation.h"

namespace earshot::locate {

/// Words for distances and sides.
struct Zones {
    double near_m = 0.7;     // nearer is "near"
    double far_m = 2.0;      // farther is "far"
    double center_deg = 15;  // within this of straight ahead or behind is "center"
};

/// Where a sound came from.
struct Position {
    Fix fix;
    bool ambiguous = false;  // cannot be distinguished from its mirror image
    double confidence = 0;   // 0 to 1: the coherence
};

/// near, mid or far; empty if the distance is too uncertain.
std::optional<std::string_view> proximity_of(const Fix& fix, const Zones& zones);
/// left, center or right.
std::string_view side_of(double azimuth_deg, const Zones& zones);

/// Appends azimuth, azimuth_90, elevation, x_mm, y_mm, distance_mm, distance_90_mm, proximity, side,
/// confidence and ambiguous, as in earshot-formats(5), POSITIONS; null if unknown, and all of them without
/// a position.
void append_position(nlohmann::ordered_json& row, const std::optional<Position>& position,
                     const Zones& zones);

}  // namespace earshot::locate
