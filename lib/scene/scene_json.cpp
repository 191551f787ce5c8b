// The scene file: the original program's members, and ours beside them, which it ignores.

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "scene/scene.h"
#include "support/error.h"
#include "support/json_lines.h"

namespace earshot::scene {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr double kMostCounted = 1e15;

/// The nonzero counts, by bin.
Json sparse(std::span<const double> counts, int decimals) {
    Json found = Json::object();
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        if (const auto count = rounded(counts[bin], decimals); count != 0.0)
            found[std::to_string(bin)] = count;
    }
    return found;
}

[[noreturn]] void fail(const std::string& where, std::string_view what) {
    throw Error(fmt::format("{}: {}", where, what));
}

double count_of(const nlohmann::json& value, const std::string& where) {
    if (!value.is_number() || !(value >= 0) || value > kMostCounted)
        fail(where, value.dump() + " is not a count");
    return value.get<double>();
}

/// Counts by bin. @param step  of the keys: 1, or the size of a bin in degrees
std::vector<double> dense(const nlohmann::json& counts, std::size_t bins, std::size_t step,
                          const std::string& where) {
    if (!counts.is_object()) fail(where, "no object of counts by bin");
    std::vector<double> found(bins);
    for (const auto& [key, value] : counts.items()) {
        std::size_t bin = 0;
        const auto [end, status] = std::from_chars(key.data(), key.data() + key.size(), bin);
        if (status != std::errc() || end != key.data() + key.size() || bin % step != 0 || bin / step >= bins)
            fail(where, fmt::format("'{}' is not one of {} bins", key, bins));
        found[bin / step] = count_of(value, where);
    }
    return found;
}

/// Keys are bin numbers, unless one is too large for that: then they are degrees.
std::vector<double> coarse(const nlohmann::json& counts, std::size_t bins, const std::string& where) {
    const std::size_t degrees = 360 % bins == 0 ? 360 / bins : 1;
    bool by_degrees = counts.is_object() && !counts.empty();
    bool beyond = false;
    for (const auto& [key, value] : counts.items()) {
        const double number = std::strtod(key.c_str(), nullptr);
        by_degrees = by_degrees && std::fmod(number, static_cast<double>(degrees)) == 0;
        beyond = beyond || number >= static_cast<double>(bins);
    }
    return dense(counts, bins, by_degrees && beyond ? degrees : 1, where);
}

std::optional<SceneTime> time_of(const nlohmann::json& node, const char* key) {
    if (!node.contains(key) || !node[key].is_number_integer()) return {};
    return SceneTime(std::chrono::seconds(node[key].get<std::int64_t>()));
}

}  // namespace

Json Scene::to_json(SceneTime now) const {
    const std::scoped_lock lock(mutex_);
    Json file{{"scene_map", Json::object()}, {"category_totals", Json::object()}};
    Json ours{{"version", kVersion},
              {"bins", settings_.bins},
              {"labels", Json::object()},
              {"recent", Json::array()}};
    for (const auto& [name, label] : labels_) {
        auto& counts = file["scene_map"][name] = Json::object();
        const auto directions = label.directions.coarse();
        for (std::size_t bin = 0; bin < directions.size(); ++bin) {
            if (const auto count = std::llround(directions[bin]); count > 0)
                counts[std::to_string(bin)] = count;
        }
        file["category_totals"][name] = std::llround(label.observations);
        auto& more = ours["labels"][name];
        more["observations"] = rounded(label.observations, 4);
        more["directions"] = sparse(label.directions.fine(), 4);
        more["half_hours_of_week"] = sparse(label.times.counts(), 4);
        more["days"] = label.times.days();
        if (label.last) more["faded_to"] = label.last->time_since_epoch().count();
    }
    for (const auto& event : recent_) {
        ours["recent"].push_back(
            {{"time", event.time.time_since_epoch().count()},
             {"label", event.label},
             {"azimuth", event.azimuth_deg ? rounded(*event.azimuth_deg, 1) : Json(nullptr)}});
    }
    file["saved_at"] = now.time_since_epoch().count();
    file["earshot"] = std::move(ours);
    return file;
}

Scene Scene::from_json(const nlohmann::json& file, const SceneSettings& settings) {
    if (!file.is_object() || !file.contains("scene_map") || !file["scene_map"].is_object())
        fail("scene", "no object 'scene_map'");
    Scene scene(settings);
    const auto ours = file.value("earshot", nlohmann::json::object());
    if (!ours.is_object()) fail("earshot", "not an object");
    if (ours.contains("version") && (!ours["version"].is_number_integer() || ours["version"] > kVersion))
        fail("earshot", fmt::format("version {} is newer than this program", ours["version"].dump()));
    if (ours.contains("bins")) {
        const auto bins = count_of(ours["bins"], "bins");
        if (bins < 1 || bins > DirectionMemory::kFineBins) fail("bins", "not 1 to 72");
        scene.settings_.bins = static_cast<std::size_t>(bins);
    }
    const auto totals = file.value("category_totals", nlohmann::json::object());
    if (!totals.is_object()) fail("category_totals", "not an object");
    for (const auto& [name, counts] : file["scene_map"].items()) {
        scene.restore(name, counts, totals.contains(name) ? count_of(totals[name], name) : 0);
    }
    scene.restore_ours(ours);
    return scene;
}

void Scene::restore(const std::string& name, const nlohmann::json& counts, double total) {
    auto& label = label_of(name);
    label.directions.restore_coarse(coarse(counts, settings_.bins, name));
    label.observations = std::max(total, label.directions.total());
}

void Scene::restore_ours(const nlohmann::json& ours) {
    const auto labels = ours.value("labels", nlohmann::json::object());
    for (const auto& [name, more] : labels.items()) {
        if (!more.is_object()) fail(name, "not an object");
        auto& label = label_of(name);
        if (more.contains("directions"))
            label.directions.restore_fine(dense(more["directions"], DirectionMemory::kFineBins, 1, name));
        if (more.contains("half_hours_of_week")) {
            const double days = more.contains("days") ? count_of(more["days"], name) : 0;
            label.times.restore(dense(more["half_hours_of_week"], TimeMemory::kBins, 1, name),
                                static_cast<int>(std::min(days, 1e6)));
        }
        if (more.contains("observations")) label.observations = count_of(more["observations"], name);
        label.last = time_of(more, "faded_to");
    }
    const auto recent = ours.value("recent", nlohmann::json::array());
    for (const auto& event : recent) {
        const auto time = event.is_object() ? time_of(event, "time") : std::nullopt;
        if (!time || !event.contains("label") || !event["label"].is_string())
            fail("recent", "not events with time and label");
        std::optional<double> azimuth_deg;
        if (event.contains("azimuth") && event["azimuth"].is_number())
            azimuth_deg = event["azimuth"].get<double>();
        recent_.push_back({*time, event["label"].get<std::string>(), azimuth_deg});
    }
}

}  // namespace earshot::scene
