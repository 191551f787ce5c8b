// JSON Lines, one event per line, as `earshot detect` writes them: {"file", "onset", "offset", "label",
// "score"}.

#include <fmt/format.h>

#include <cmath>

#include "label/formats.h"
#include "label/label_text.h"
#include "label/live_line.h"
#include "support/error.h"
#include "support/json.h"
#include "support/json_lines.h"

namespace earshot::label::formats {
namespace {

using Json = nlohmann::ordered_json;

/// A required member. @throws Error if it is missing or has another type
template <class Value>
Value member(const Json& row, const char* key, bool (Json::*is_type)() const noexcept, const char* type) {
    const auto found = row.find(key);
    if (found == row.end()) throw Error(fmt::format("no \"{}\"", key));
    if (!((*found).*is_type)())
        throw Error(fmt::format("\"{}\" is {}, expected {}", key, found->dump(), type));
    return found->get<Value>();
}

void add_line(std::string_view line, Labels& labels) {
    const auto parsed = try_parse_json(line);
    if (!parsed || !parsed->is_object())
        throw Error(
            R"(no JSON object, expected {"file": "a.wav", "onset": 1.5, "offset": 2, "label": "cry"})");
    const Json& row = *parsed;
    if (is_beside_events(row)) return;
    const auto seconds = [&](const char* key) {
        return member<double>(row, key, &Json::is_number, "seconds");
    };
    const auto text = [&](const char* key) {
        return member<std::string>(row, key, &Json::is_string, "text");
    };
    Event event{seconds("onset"), seconds("offset"), checked_label(text("label")), {}};
    check_interval(event.onset_s, event.offset_s);
    if (row.contains("score") && !row["score"].is_null())
        event.score = member<double>(row, "score", &Json::is_number, "a number");
    labels.recordings[row.contains("file") ? text("file") : ""].events.push_back(std::move(event));
}

}  // namespace

Labels parse_jsonl(std::string_view text, const std::string& name) {
    Labels labels{LabelFormat::jsonl, {}, {}};
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) continue;
        located([&] { return fmt::format("{}: line {}", name, number); }, [&] { add_line(line, labels); });
    }
    if (labels.recordings.size() > 1 && labels.recordings.contains(""))
        throw Error(name + ": some lines name their \"file\", others do not");
    return labels;
}

void write_jsonl(const Labels& labels, Output& out, const LabelWriteOptions& options) {
    JsonLines lines(out);
    for (const auto& [key, timeline] : labels.recordings) {
        const std::string& file = key.empty() ? options.recording : key;
        for (const auto& event : timeline.events) {
            require_offset(event, LabelFormat::jsonl);
            Json row = Json::object();
            if (!file.empty()) row["file"] = file;
            row["onset"] = event.onset_s;
            row["offset"] = event.offset_s;
            row["label"] = writable_label(event.label);
            if (event.score) row["score"] = *event.score;
            lines.write(row);
        }
    }
}

}  // namespace earshot::label::formats
