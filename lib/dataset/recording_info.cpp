#include "dataset/recording_info.h"

#include <fmt/format.h>

#include <algorithm>

#include "label/label_text.h"
#include "support/error.h"
#include "support/json.h"

namespace earshot::dataset {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMaxResolution_s = 3600;

/// A JSON object, or null if the array is missing.
Json json_of(const npz::NpzReader& npz, std::string_view array) {
    if (!npz.contains(array)) return nullptr;
    Json json = parse_json(npz.text(array), npz.where(array));
    if (!json.is_object() && !json.is_null())
        throw Error(fmt::format("{}: is not a JSON object", npz.where(array)));
    return json;
}

std::string string_at(const Json& object, const char* key, std::string otherwise) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                             : otherwise;
}

std::vector<std::string> read_labels_of(const npz::NpzReader& npz, std::int64_t highest) {
    if (npz.contains("labels")) {
        auto labels = npz.texts("labels");
        for (const auto& label : labels)
            label::located([&] { return npz.where("labels"); }, [&] { label::checked_label(label); });
        if (highest >= static_cast<std::int64_t>(labels.size())) {
            throw Error(fmt::format("{}: class {} has no name ('labels' has {})", npz.where("classes"),
                                    highest, labels.size()));
        }
        return labels;
    }
    std::vector<std::string> numbers;
    for (std::int64_t c = 0; c <= highest; ++c) numbers.push_back(std::to_string(c));
    return numbers;
}

std::vector<label::Event> read_events(const npz::NpzReader& npz, const std::vector<std::string>& labels) {
    if (!npz.contains("events")) return {};
    const auto shape = npz.header("events").shape;
    if (shape.size() != 2 || shape[1] != 3) {
        throw Error(fmt::format("{}: expected rows of onset, offset and class", npz.where("events")));
    }
    const auto rows = npz.values<double>("events");
    std::vector<label::Event> events;
    for (std::size_t i = 0; i + 2 < rows.size(); i += 3) {
        const double c = rows[i + 2];
        const bool known = c >= 0 && c < static_cast<double>(labels.size());
        if (!(rows[i] >= 0 && rows[i] <= rows[i + 1] && known)) {
            throw Error(fmt::format("{}: row {} is not an event", npz.where("events"), i / 3));
        }
        events.push_back({rows[i], rows[i + 1], labels[static_cast<std::size_t>(c)], {}});
    }
    return events;
}

std::vector<RecordingInfo::Stretch> read_labelled(const npz::NpzReader& npz) {
    if (!npz.contains("labelled")) return {};
    const auto shape = npz.header("labelled").shape;
    if (shape.size() != 2 || shape[1] != 2)
        throw Error(fmt::format("{}: expected rows of onset and offset", npz.where("labelled")));
    const auto rows = npz.values<double>("labelled");
    std::vector<RecordingInfo::Stretch> stretches;
    for (std::size_t i = 0; i + 1 < rows.size(); i += 2) {
        if (!(rows[i] >= 0 && rows[i] <= rows[i + 1]))
            throw Error(fmt::format("{}: row {} is not a stretch of time", npz.where("labelled"), i / 2));
        stretches.push_back({rows[i], rows[i + 1]});
    }
    return stretches;
}

std::vector<std::int64_t> read_weak(const npz::NpzReader& npz, std::size_t classes) {
    if (!npz.contains("weak")) return {};
    check_rows(npz, "weak", classes);
    auto weak = npz.values<std::int64_t>("weak");
    if (std::ranges::any_of(weak, [](std::int64_t state) { return state < -1 || state > 1; }))
        throw Error(fmt::format("{}: expected 1, 0 or -1 for each class", npz.where("weak")));
    return weak;
}

}  // namespace

void check_rows(const npz::NpzReader& npz, std::string_view array, std::optional<std::size_t> rows) {
    const auto shape = npz.header(array).shape;
    if (shape.size() != 1)
        throw Error(fmt::format("{}: has {} dimensions, expected one", npz.where(array), shape.size()));
    if (rows && shape[0] != *rows) {
        throw Error(fmt::format("{}: has {} rows, but 'samples' has {}", npz.where(array), shape[0], *rows));
    }
}

void stream_classes(const npz::NpzReader& npz,
                    const std::function<void(std::span<const std::int64_t>)>& sink) {
    check_rows(npz, "classes", {});
    std::int64_t row = 0;
    npz.stream<std::int64_t>("classes", [&](std::span<const std::int64_t> classes) {
        const auto worst = std::ranges::find_if(classes, [](auto c) { return c < -1 || c >= kMaxClasses; });
        if (worst != classes.end()) {
            throw Error(fmt::format("{}: row {} is class {}", npz.where("classes"),
                                    row + (worst - classes.begin()), *worst));
        }
        row += static_cast<std::int64_t>(classes.size());
        sink(classes);
    });
}

std::size_t read_dimension(const npz::NpzReader& npz) {
    const auto shape = npz.header("samples").shape;
    if (shape.size() != 2 || shape[1] == 0) {
        throw Error(fmt::format("{}: expected rows of numbers", npz.where("samples")));
    }
    check_rows(npz, "classes", shape[0]);
    if (npz.contains("times")) check_rows(npz, "times", shape[0]);
    return shape[1];
}

std::optional<std::string> content_hash_of(const npz::NpzReader& npz) {
    const auto hash = string_at(json_of(npz, "source"), "content_hash", "");
    return hash.empty() ? std::nullopt : std::optional(hash);
}

std::string source_file_of(const npz::NpzReader& npz) {
    return string_at(json_of(npz, "source"), "file", npz.name());
}

nlohmann::ordered_json frontend_of(const npz::NpzReader& npz) { return json_of(npz, "frontend"); }

std::string recipe_of(const npz::NpzReader& npz) { return string_at(json_of(npz, "source"), "recipe", ""); }

void read_info(const npz::NpzReader& npz, std::int64_t highest, RecordingInfo& info) {
    info.labels = read_labels_of(npz, highest);
    info.events = read_events(npz, info.labels);
    info.labelled = read_labelled(npz);
    info.says_labelled = npz.contains("labelled");
    info.weak = read_weak(npz, info.labels.size());
    if (npz.contains("cutoff_frequencies")) {
        const auto shape = npz.header("cutoff_frequencies").shape;
        if (shape != std::vector<std::size_t>{2}) {
            throw Error(fmt::format("{}: expected two frequencies", npz.where("cutoff_frequencies")));
        }
        const auto cutoff_hz = npz.values<double>("cutoff_frequencies");
        info.low_hz = cutoff_hz[0];
        info.high_hz = cutoff_hz[1];
    }
    info.frontend = frontend_of(npz);
    const auto source = json_of(npz, "source");
    info.file = string_at(source, "file", npz.name());
    info.group = string_at(source, "group", info.file);
    info.content_hash = string_at(source, "content_hash", "");
    info.recipe = string_at(source, "recipe", "");
    if (source.is_object() && source.contains("resolution_s") && source["resolution_s"].is_number())
        info.resolution_s = std::clamp(source["resolution_s"].get<double>(), 0.0, kMaxResolution_s);
    if (source.is_object() && source.contains("damage") && source["damage"].is_array()) {
        for (const auto& what : source["damage"])
            info.damage.push_back(what.is_string() ? what.get<std::string>() : "");
    }
}

}  // namespace earshot::dataset
