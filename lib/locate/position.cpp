#include "locate/position.h"

#include <cmath>

#include "locate/angles.h"
#include "support/json_lines.h"

namespace earshot::locate {
namespace {

// 90 % of a normal distribution is within ± this many deviations.
constexpr double k90 = 1.645;

bool has_distance(const Fix& fix) { return std::isfinite(fix.farthest_m(k90)); }

nlohmann::ordered_json millimetres(double metres) { return rounded(metres * 1000, 0); }

}  // namespace

std::optional<std::string_view> proximity_of(const Fix& fix, const Zones& zones) {
    if (!fix.inverse_sd_m) return {};
    if (has_distance(fix)) {
        const double distance_m = 1 / fix.inverse_m;
        return distance_m < zones.near_m ? "near" : distance_m > zones.far_m ? "far" : "mid";
    }
    // Bearings may be parallel: far, unless it may also be near.
    if (fix.nearest_m(k90) > zones.near_m) return "far";
    return {};
}

std::string_view side_of(double azimuth_deg, const Zones& zones) {
    const double from_middle = std::abs(std::sin(radians(azimuth_deg)));
    if (from_middle <= std::sin(radians(zones.center_deg))) return "center";
    return wrap_180(azimuth_deg) > 0 ? "right" : "left";
}

void append_position(nlohmann::ordered_json& row, const std::optional<Position>& position,
                     const Zones& zones) {
    for (const char* key : {"azimuth", "azimuth_90", "elevation", "x_mm", "y_mm", "distance_mm",
                            "distance_90_mm", "proximity", "side", "confidence", "ambiguous"})
        row[key] = nullptr;
    if (!position) return;
    const auto& fix = position->fix;
    // 359.96 rounds to 360, which is 0.
    row["azimuth"] = rounded(wrap_360(std::round(fix.azimuth_deg * 10) / 10), 1);
    row["azimuth_90"] = rounded(std::min(180.0, k90 * fix.azimuth_sd_deg), 1);
    if (fix.elevation_deg) row["elevation"] = rounded(*fix.elevation_deg, 1);
    if (has_distance(fix)) {
        const double distance_m = 1 / fix.inverse_m;
        const Point at = towards(fix.azimuth_deg) * distance_m;
        row["x_mm"] = millimetres(at.x());
        row["y_mm"] = millimetres(at.y());
        row["distance_mm"] = millimetres(distance_m);
    }
    if (fix.inverse_sd_m) {
        row["distance_90_mm"] = {millimetres(fix.nearest_m(k90)), millimetres(fix.farthest_m(k90))};
    }
    if (const auto proximity = proximity_of(fix, zones)) row["proximity"] = *proximity;
    row["side"] = side_of(fix.azimuth_deg, zones);
    row["confidence"] = rounded(position->confidence, 3);
    row["ambiguous"] = position->ambiguous;
}

}  // namespace earshot::locate
