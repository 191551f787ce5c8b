#include "tools/locate/scene_views.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "support/circle.h"
#include "support/error.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 5> kShades{"·", "░", "▒", "▓", "█"};

/// The shade of a count, relative to the greatest; nonzero counts are visible.
const char* shade(double count, double greatest) {
    if (!(count > 0) || !(greatest > 0)) return kShades[0];
    return kShades[static_cast<std::size_t>(std::clamp(std::ceil(count / greatest * 4), 1.0, 4.0))];
}

/// A polar plot of directions seen from above, ahead at the top; darker means more often.
std::string polar_plot(const Json& counts) {
    constexpr int kRows = 5, kColumns = 11;  // from the middle: characters are twice as high as wide
    double greatest = 0;
    for (const double count : counts) greatest = std::max(greatest, count);
    std::string plot = fmt::format("{:>{}}\n", "0", kColumns + 7);
    for (int row = -kRows; row <= kRows; ++row) {
        plot += row == 0 ? " 270  " : "      ";
        std::string line;
        for (int column = -kColumns; column <= kColumns; ++column) {
            const double x = static_cast<double>(column) / kColumns, y = -static_cast<double>(row) / kRows;
            const double radius = std::hypot(x, y);
            if (radius < 0.45 || radius > 1.05) {
                line += row == 0 && column == 0 ? "+" : " ";
                continue;
            }
            const double turn = wrap_360(degrees(std::atan2(x, y))) / 360;
            const auto bin = static_cast<std::size_t>(turn * static_cast<double>(counts.size()));
            line += shade(counts[std::min(bin, counts.size() - 1)], greatest);
        }
        while (line.ends_with(' ')) line.pop_back();
        plot += line + (row == 0 ? "  90\n" : "\n");
    }
    return plot + fmt::format("{:>{}}\n", "180", kColumns + 8);
}

/// Hours across, days down.
std::string week_chart(const Json& half_hours) {
    constexpr std::array<const char*, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const auto hour = [&](std::size_t day, std::size_t h) {
        return half_hours[day * 48 + h * 2].get<double>() + half_hours[day * 48 + h * 2 + 1].get<double>();
    };
    double greatest = 0;
    for (std::size_t day = 0; day < 7; ++day) {
        for (std::size_t h = 0; h < 24; ++h) greatest = std::max(greatest, hour(day, h));
    }
    if (greatest == 0) return {};
    std::string chart = "      0     6     12    18\n";
    for (std::size_t day = 0; day < 7; ++day) {
        chart += fmt::format("  {} ", kDays[day]);
        for (std::size_t h = 0; h < 24; ++h) chart += shade(hour(day, h), greatest);
        chart += '\n';
    }
    return chart;
}

std::string angle_text(const Json& angle) {
    return angle.is_null() ? "-" : fmt::format("{:.0f}°", angle.get<double>());
}

std::string summary_text(const Json& summary) {
    std::size_t width = 5;
    for (const auto& [label, row] : summary.items()) width = std::max(width, label.size());
    std::string text =
        fmt::format("{:<{}}  {:>6}  {:>6}  {}\n", "label", width, "times", "usual", "comes from");
    for (const auto& [label, row] : summary.items()) {
        std::string modes;
        for (const auto& mode : row["modes"]) {
            modes += fmt::format("{}{} ({:.0f} %)", modes.empty() ? "" : ", ", angle_text(mode["angle"]),
                                 mode["share"].get<double>() * 100);
        }
        text += fmt::format("{:<{}}  {:>6}  {:>6}  {}\n", label, width, row["observations"].get<long>(),
                            angle_text(row["usual_angle"]), modes.empty() ? "-" : modes);
    }
    return text;
}

std::string heatmap_text(const Json& heatmap) {
    std::string text;
    for (const auto& [label, row] : heatmap.items()) {
        text += fmt::format("{}{}: {} with a direction\n", text.empty() ? "" : "\n", label,
                            row["total"].get<long>());
        if (row["total"] != 0) text += polar_plot(row["counts"]);
        text += week_chart(row["times"]);
    }
    return text;
}

std::string recent_text(const Json& events) {
    std::string text;
    for (const auto& event : events) {
        text += fmt::format("{:>6.0f} s ago  {:<5} {}\n", event["age_s"].get<double>(),
                            angle_text(event["azimuth"]), event["label"].get<std::string>());
    }
    return text;
}

/// Only the requested label.
Json chosen(Json all, const std::string& label) {
    if (label.empty()) return all;
    if (!all.contains(label))
        throw Error(fmt::format("the scene has no label '{}' (--summary lists its labels)", label));
    return Json{{label, all[label]}};
}

}  // namespace

void show_scene(const scene::Scene& scene, const SceneViews& views, Output& out) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    Json shown = Json::object();
    if (views.summary) shown["summary"] = chosen(scene.summary(), views.label);
    if (views.heatmap) shown["heatmap"] = chosen(scene.heatmap(), views.label);
    if (views.recent_s) shown["recent"] = scene.recent(*views.recent_s, now, views.label);
    if (views.json) {
        // A single view needs no name.
        out.write(
            (shown.size() == 1 ? shown.front() : shown).dump(-1, ' ', false, Json::error_handler_t::replace) +
            "\n");
        return;
    }
    std::string text;
    const auto part = [&](const std::string& more) {
        text += (text.empty() || more.empty() ? "" : "\n") + more;
    };
    if (views.summary) part(summary_text(shown["summary"]));
    if (views.heatmap) part(heatmap_text(shown["heatmap"]));
    if (views.recent_s) part(recent_text(shown["recent"]));
    out.write(text);
}

}  // namespace earshot::tools
