#include "tools/detect/resume.h"

#include <fmt/format.h>

#include <filesystem>

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::optional<std::string> journal_path(const DetectOptions& options) {
    const fs::path output(options.output);
    if (options.output == "-") return std::nullopt;
    const bool directory = options.output.ends_with('/') || fs::is_directory(output);
    if (!directory) {
        if (fs::exists(output) && !fs::is_regular_file(output)) return std::nullopt;
        return (output.parent_path() / fmt::format(".{}.journal", output.filename().string())).string();
    }
    const auto& shard = options.shard;  // parts may share a directory
    const auto part = shard.count > 1 ? fmt::format("-{}-of-{}", shard.index, shard.count) : "";
    return (output / fmt::format(".earshot-detect{}.journal", part)).string();
}

Json source_settings(const audio::SourceOptions& source) {
    Json settings{{"start", source.start_s},
                  {"channels", {static_cast<int>(source.channels.kind), source.channels.index}}};
    if (source.duration_s) settings["duration"] = *source.duration_s;
    if (source.raw) settings["raw"] = {source.raw->encoding, source.raw->rate_hz, source.raw->channels};
    return settings;
}

/// A time, or null where it is up to the model.
Json given(const std::optional<double>& time_s) { return time_s ? Json(*time_s) : Json(); }

}  // namespace

void open_journal(std::optional<batch::Journal>& journal, const model::ModelHashes& model,
                  const DetectOptions& options, const Json& settings) {
    const auto path = journal_path(options);
    if (!path) return;
    Json all{{"earshot", EARSHOT_VERSION},
             {"model", model.description},
             {"weights", model.weights},
             {"overlap", options.overlap},
             {"source", source_settings(options.source)}};
    all.update(settings);
    journal.emplace(*path, all);
}

Json event_settings(const DetectOptions& options) {
    const auto& rules = options.rules;
    Json settings{{"what", "events"},
                  {"format", options.format},
                  {"top", options.top},
                  {"scores", options.scores},
                  {"rejected", options.rejected},
                  {"thresholds", rules.thresholds},
                  {"off_thresholds", rules.off_thresholds},
                  {"min_duration", given(rules.min_duration_s)},
                  {"merge_gap", given(rules.merge_gap_s)},
                  {"smooth", given(rules.smooth_s)},
                  {"cool_downs", rules.cool_downs},
                  {"confirms", rules.confirms},
                  {"suppressions", rules.suppressions},
                  {"labels", rules.labels}};
    if (rules.min_level_dbfs) settings["min_level"] = *rules.min_level_dbfs;
    return settings;
}

}  // namespace earshot::tools
