#include "model/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "label/label_text.h"
#include "support/error.h"
#include "support/json.h"
#include "support/output.h"
#include "support/setting.h"

namespace earshot::model {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

constexpr double kMaxRule_s = 24 * 3600;

std::vector<Setting> event_settings(EventDefaults& rule) {
    return {{"on", number_in(rule.on_threshold, 0, 1), "", ""},
            {"off", number_in(rule.off_threshold, 0, 1), "", ""},
            {"median", number_in(rule.median_s, 0, kMaxRule_s), "", ""},
            {"min-duration", number_in(rule.min_duration_s, 0, kMaxRule_s), "", ""},
            {"merge-gap", number_in(rule.merge_gap_s, 0, kMaxRule_s), "", ""},
            {"refine", on_or_off(rule.refine), "", ""}};
}

/// Parses model.json. Every error names the file and the key.
class Reader {
 public:
    Reader(const Json& json, const std::string& path) : json_(json), path_(path) {}

    [[noreturn]] void fail(const std::string& what) const { throw Error(fmt::format("{}: {}", path_, what)); }

    const Json& at(const char* key) const {
        const auto found = json_.find(key);
        if (found == json_.end()) fail(fmt::format("\"{}\" is missing", key));
        return *found;
    }

    const Json& object(const char* key) const {
        const Json& value = at(key);
        if (!value.is_object()) fail(fmt::format("\"{}\" should be an object", key));
        return value;
    }

    std::string text(const char* key) const {
        const Json& value = at(key);
        if (!value.is_string()) fail(fmt::format("\"{}\" should be text", key));
        return value.get<std::string>();
    }

    Target target() const {
        if (!json_.contains("target")) return Target::frame;
        const std::string name = text("target");
        if (name == "frame") return Target::frame;
        if (name == "recording") return Target::recording;
        if (name == "events") return Target::events;
        fail(fmt::format("\"target\" is '{}', none of frame, recording and events", name));
    }

    std::vector<std::string> labels() const {
        const Json& value = at("labels");
        std::vector<std::string> names;
        if (!value.is_array() || value.empty()) fail("\"labels\" should be a list of class names");
        for (const Json& name : value) {
            if (!name.is_string()) fail("\"labels\" should be a list of class names");
            names.push_back(name.get<std::string>());
            label::located([this] { return path_ + ": \"labels\""; },
                           [&] { label::checked_label(names.back()); });
        }
        if (std::set(names.begin(), names.end()).size() != names.size())
            fail("\"labels\" contains a name twice");
        return names;
    }

    std::vector<double> thresholds(std::size_t classes) const {
        const Json& value = at("thresholds");
        if (!value.is_array() || value.size() != classes) {
            fail(fmt::format("\"thresholds\" should be a list of {} numbers, one per label", classes));
        }
        std::vector<double> numbers;
        for (const Json& number : value) {
            const double threshold = number.is_number() ? number.get<double>() : -1;
            if (!(threshold >= 0 && threshold <= 1)) fail("\"thresholds\" should be numbers from 0 to 1");
            numbers.push_back(threshold);
        }
        return numbers;
    }

    /// "events": {"crying": {"on": 0.6, ...}}; labels without an entry, such as the background, keep
    /// `thresholds`.
    std::vector<EventDefaults> events(const ModelFile& model) const {
        if (!json_.contains("events") || json_["events"].is_null()) return {};
        const Json& rules = object("events");
        std::vector<EventDefaults> events;
        for (std::size_t c = 0; c < model.labels.size(); ++c) {
            EventDefaults& rule = events.emplace_back();
            rule.on_threshold = rule.off_threshold = model.thresholds[c];
            const auto found = rules.find(model.labels[c]);
            if (found == rules.end()) continue;
            if (!found->is_object())
                fail(fmt::format("\"events\" of '{}' should be an object", model.labels[c]));
            read_settings(*found, event_settings(rule),
                          fmt::format("{}: \"events\" of '{}'", path_, model.labels[c]));
            if (rule.off_threshold > rule.on_threshold)
                fail(fmt::format("\"events\" of '{}': \"off\" is above \"on\"", model.labels[c]));
        }
        return events;
    }

    void check_version() const {
        const Json& version = at("format_version");
        if (!version.is_number_integer() || version.get<std::int64_t>() < 1) {
            fail("\"format_version\" should be a positive whole number");
        }
        if (version.get<std::int64_t>() > ModelFile::kFormatVersion) {
            fail(fmt::format("format version {}, but this earshot reads up to {} (update earshot)",
                             version.get<std::int64_t>(), ModelFile::kFormatVersion));
        }
    }

 private:
    const Json& json_;
    const std::string& path_;
};

std::string read_json_text(const std::string& directory, const std::string& path) {
    std::error_code ignored;
    if (!fs::exists(directory, ignored)) throw Error(fmt::format("{}: no such model directory", directory));
    if (!fs::is_directory(directory, ignored)) {
        throw Error(
            fmt::format("{}: not a model, which is a directory with model.json and weights.npz", directory));
    }
    if (!fs::exists(path, ignored)) {
        throw Error(
            fmt::format("{}: not a model: it has no model.json (make one with earshot train)", directory));
    }
    return read_text(path, kMaxBytes);
}

ModelFile model_of(const Json& json, const std::string& path) {
    const Reader reader(json, path);
    if (!json.is_object()) reader.fail("should be a JSON object");
    reader.check_version();

    ModelFile model;
    model.recipe = reader.text("recipe");
    model.frontend = reader.at("frontend").is_null() ? Json() : reader.object("frontend");
    model.architecture = reader.object("architecture");
    if (json.contains("graph") && !json["graph"].is_null()) model.graph = reader.object("graph");
    if (json.contains("window") && !json["window"].is_null()) model.window = reader.object("window");
    model.target = reader.target();
    model.labels = reader.labels();
    model.thresholds = reader.thresholds(model.labels.size());
    model.events = reader.events(model);
    model.background = reader.text("background");
    if (!model.background.empty() &&
        std::ranges::find(model.labels, model.background) == model.labels.end()) {
        reader.fail(fmt::format("\"background\" is '{}', which is not one of its labels", model.background));
    }
    if (json.contains("unknown")) model.unknown = reader.text("unknown");
    if (!model.unknown.empty() &&
        (model.labels.back() != model.unknown || model.background == model.unknown)) {
        reader.fail(
            fmt::format("\"unknown\" is '{}', which should be the last of its labels and not the background",
                        model.unknown));
    }
    model.metrics = reader.at("metrics");
    model.provenance = reader.at("provenance");
    return model;
}

}  // namespace

network::Graph graph_of(const ModelFile& model) {
    return model.graph.is_null() ? network::make_graph(model.architecture)
                                 : network::Graph::from_json(model.graph);
}

std::optional<metrics::OpenSetRule> open_set_rule(const ModelFile& model) {
    if (model.unknown.empty()) return std::nullopt;
    const auto background = std::ranges::find(model.labels, model.background);
    metrics::OpenSetRule rule{model.thresholds, std::nullopt, model.labels.size() - 1};
    if (background != model.labels.end())
        rule.background = static_cast<std::size_t>(background - model.labels.begin());
    return rule;
}

Json events_json(const ModelFile& model) {
    Json json = Json::object();
    for (std::size_t c = 0; c < model.events.size(); ++c) {
        if (model.labels[c] == model.background) continue;
        EventDefaults rule = model.events[c];
        json[model.labels[c]] = settings_json(event_settings(rule));
    }
    return json;
}

ModelFile read_model_file(const std::string& directory) {
    const std::string path = (fs::path(directory) / "model.json").string();
    const std::string text = read_json_text(directory, path);
    const Json json = parse_json(text, path);
    return json_members(path, [&] { return model_of(json, path); });
}

void write_model_file(const ModelFile& model, const std::string& directory) {
    Json json = {{"format_version", ModelFile::kFormatVersion},
                 {"recipe", model.recipe},
                 {"frontend", model.frontend},
                 {"architecture", model.architecture}};
    if (!model.graph.is_null()) json["graph"] = model.graph;
    if (!model.window.is_null()) json["window"] = model.window;
    if (model.target != Target::frame) json["target"] = target_name(model.target);
    json.update(
        {{"labels", model.labels}, {"thresholds", model.thresholds}, {"background", model.background}});
    if (!model.unknown.empty()) json["unknown"] = model.unknown;
    if (!model.events.empty()) json["events"] = events_json(model);
    json.update({{"metrics", model.metrics}, {"provenance", model.provenance}});
    // Replaces what is not UTF-8 in a path or command line by U+FFFD: an exception would lose hours of
    // training.
    write_text((fs::path(directory) / "model.json").string(),
               json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace earshot::model
