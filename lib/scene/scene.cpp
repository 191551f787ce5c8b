#include "scene/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/circle.h"
#include "support/json_lines.h"

namespace earshot::scene {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLeastObservations = 10;
constexpr double kDeviation_deg = 90;
constexpr double kReach_deg = 45,
                 kUsualShare = 0.15;  // this fraction of all observations so near makes a direction usual
constexpr double kQuiet_s = 30;       // between two reports of one label
constexpr std::size_t kRecent = 1000;

/// True if this label was reported less than kQuiet_s ago. A clock set back does not suppress it.
bool is_quiet(const std::optional<double>& said_s, double now_s) {
    return said_s && now_s >= *said_s && now_s - *said_s < kQuiet_s;
}

Json mode_json(const UsualDirection& mode) {
    return {{"angle", rounded(mode.azimuth_deg, 1)},
            {"concentration", rounded(mode.concentration, 3)},
            {"share", rounded(mode.share, 3)}};
}

}  // namespace

Scene::Scene(const SceneSettings& settings) : settings_(settings) {}

Scene::Scene(Scene&& other) noexcept {
    const std::scoped_lock lock(other.mutex_);
    settings_ = other.settings_;
    labels_ = std::move(other.labels_);
    recent_ = std::move(other.recent_);
    version_ = other.version_;
}

std::vector<Anomaly> Scene::observe(const SceneEvent& event) {
    const std::scoped_lock lock(mutex_);
    auto& label = label_of(event.label);
    if (event.time) fade(label, *event.time);
    std::vector<Anomaly> anomalies;
    if (auto found = unusual_direction(event.label, label, event)) anomalies.push_back(std::move(*found));
    if (auto found = unusual_time(event.label, label, event)) anomalies.push_back(std::move(*found));
    label.observations += 1;
    if (event.azimuth_deg) label.directions.observe(*event.azimuth_deg);
    if (event.time) {
        label.times.observe(*event.time);
        remember(event);
    }
    ++version_;
    return anomalies;
}

Scene::Label& Scene::label_of(const std::string& name) {
    return labels_.try_emplace(name, settings_.bins).first->second;
}

void Scene::fade(Label& label, SceneTime time) const {
    if (!settings_.half_life_s) return;
    if (label.last && time > *label.last) {
        // A clock that jumps ahead by years and back must not erase what was learned.
        const double passed_s =
            std::min(static_cast<double>((time - *label.last).count()), *settings_.half_life_s);
        const double factor = std::exp2(-passed_s / *settings_.half_life_s);
        label.directions.fade(factor);
        label.times.fade(factor);
        label.observations *= factor;
    }
    label.last = time;
}

std::optional<Anomaly> Scene::unusual_direction(const std::string& name, Label& label,
                                                const SceneEvent& event) const {
    if (!event.azimuth_deg || label.directions.total() < kLeastObservations - 0.5) return {};
    const double actual_deg = *event.azimuth_deg;
    auto usual = label.directions.modes();
    if (usual.size() == 1) {
        if (const auto mean = label.directions.mean()) usual.front() = *mean;
    }
    if (usual.empty()) return {};  // it comes from everywhere
    const auto away = [&](const UsualDirection& mode) {
        return std::abs(wrap_180(actual_deg - mode.azimuth_deg));
    };
    const auto& nearest = *std::ranges::min_element(usual, {}, away);
    const double deviation_deg = away(nearest);
    if (deviation_deg < kDeviation_deg ||
        label.directions.share_within(actual_deg, kReach_deg) >= kUsualShare)
        return {};
    if (is_quiet(label.direction_said_s, event.at_s)) return {};
    label.direction_said_s = event.at_s;
    return Anomaly{
        Anomaly::Kind::direction,
        fmt::format("{} from {:.0f}°, usually from {:.0f}°", name, actual_deg, nearest.azimuth_deg),
        nearest.azimuth_deg, actual_deg, deviation_deg};
}

std::optional<Anomaly> Scene::unusual_time(const std::string& name, Label& label,
                                           const SceneEvent& event) const {
    if (!event.time) return {};
    const auto what = label.times.unusual(half_hour_of_week(*event.time));
    if (!what || is_quiet(label.time_said_s, event.at_s)) return {};
    label.time_said_s = event.at_s;
    return Anomaly{Anomaly::Kind::time, fmt::format("{} is unusual at {}", name, *what), 0, 0, 0};
}

void Scene::remember(const SceneEvent& event) {
    recent_.push_back({*event.time, event.label, event.azimuth_deg});
    if (recent_.size() > kRecent) recent_.pop_front();
}

Json Scene::summary() const {
    const std::scoped_lock lock(mutex_);
    Json all = Json::object();
    for (const auto& [name, label] : labels_) {
        auto& row = all[name];
        const auto mean = label.directions.mean();
        row["usual_angle"] = mean ? rounded(mean->azimuth_deg, 1) : Json(nullptr);
        row["concentration"] = mean ? rounded(mean->concentration, 3) : Json(nullptr);
        row["modes"] = Json::array();
        for (const auto& mode : label.directions.modes()) row["modes"].push_back(mode_json(mode));
        row["observations"] = std::llround(label.observations);
    }
    return all;
}

Json Scene::heatmap() const {
    const std::scoped_lock lock(mutex_);
    Json all = Json::object();
    for (const auto& [name, label] : labels_) {
        auto& row = all[name];
        row["bin_size_deg"] = 360.0 / static_cast<double>(settings_.bins);
        row["counts"] = Json::array();
        for (const double count : label.directions.coarse()) row["counts"].push_back(std::llround(count));
        row["total"] = std::llround(label.directions.total());
        row["times"] = Json::array();
        for (const double count : label.times.counts()) row["times"].push_back(rounded(count, 2));
    }
    return all;
}

Json Scene::recent(double within_s, SceneTime now, const std::string& label) const {
    const std::scoped_lock lock(mutex_);
    Json rows = Json::array();
    for (auto event = recent_.rbegin(); event != recent_.rend(); ++event) {
        const double age_s = static_cast<double>((now - event->time).count());
        if (age_s < 0 || age_s > within_s || (!label.empty() && event->label != label)) continue;
        rows.push_back({{"label", event->label},
                        {"azimuth", event->azimuth_deg ? rounded(*event->azimuth_deg, 1) : Json(nullptr)},
                        {"age_s", age_s}});
    }
    return rows;
}

std::uint64_t Scene::version() const {
    const std::scoped_lock lock(mutex_);
    return version_;
}

}  // namespace earshot::scene
