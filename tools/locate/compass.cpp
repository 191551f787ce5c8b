#include "tools/locate/compass.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "support/circle.h"

namespace earshot::tools {
namespace {

constexpr int kCompassRadius = 5,
              kCompassColumns = 2 * kCompassRadius;  // characters are twice as high as wide
constexpr double kFaded_s = 5;
constexpr int kLines = 2 * kCompassRadius + 2;

}  // namespace

void Compass::show(const locate::Update& update, double time_s) {
    if (update.position) {
        const auto& fix = update.position->fix;
        trail_.push_back({fix.azimuth_deg, time_s});
        last_ = fmt::format("{:3.0f}° {}", fix.azimuth_deg, locate::side_of(fix.azimuth_deg, zones_));
        if (const auto proximity = locate::proximity_of(fix, zones_))
            last_ += fmt::format(", {}", *proximity);
        if (std::isfinite(fix.farthest_m(1.645))) last_ += fmt::format(", {:.1f} m", 1 / fix.inverse_m);
        if (update.position->ambiguous) last_ += ", or its mirror image";
    }
    while (!trail_.empty() && time_s - trail_.front().time_s > kFaded_s) trail_.pop_front();
    if (trail_.empty()) last_ = "-";
    // Up to where the last picture began.
    out_.write((drawn_ ? fmt::format("\033[{}A", kLines) : std::string()) + picture(time_s));
    out_.flush();
    drawn_ = true;
}

std::string Compass::picture(double time_s) const {
    std::array<std::array<const char*, 2 * kCompassColumns + 1>, 2 * kCompassRadius + 1> cells{};
    for (auto& row : cells) row.fill(" ");
    const auto put = [&](double azimuth_deg, const char* mark) {
        const double angle = radians(azimuth_deg);
        const auto row =
            static_cast<std::size_t>(kCompassRadius - std::lround(kCompassRadius * std::cos(angle)));
        const auto column =
            static_cast<std::size_t>(kCompassColumns + std::lround(kCompassColumns * std::sin(angle)));
        cells[row][column] = mark;
    };
    for (int azimuth = 0; azimuth < 360; azimuth += 10) put(azimuth, "·");
    cells[kCompassRadius][kCompassColumns] = "+";
    // The oldest first, so that the youngest are on top.
    for (const auto& mark : trail_) {
        const double age_s = time_s - mark.time_s;
        put(mark.azimuth_deg, age_s < 0.5 ? "●" : age_s < 2 ? "○" : "∘");
    }
    std::string text;
    for (const auto& row : cells) {
        text += "  ";
        for (const char* cell : row) text += cell;
        text += "\033[K\n";
    }
    return text + fmt::format("  {}\033[K\n", last_);
}

}  // namespace earshot::tools
