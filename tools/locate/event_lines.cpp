#include "tools/locate/event_lines.h"

#include <fmt/format.h>

#include <cmath>

#include "label/label_text.h"
#include "label/live_line.h"
#include "support/error.h"
#include "support/json.h"
#include "support/time_text.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

double seconds(const Json& row, const char* key, const std::string& where) {
    const auto found = row.find(key);
    if (found == row.end() || !found->is_number() || !std::isfinite(found->get<double>()) || *found < 0) {
        throw Error(
            fmt::format("{}: no '{}' in seconds (expected jsonl, as earshot detect writes it)", where, key));
    }
    return found->get<double>();
}

}  // namespace

EventLines::EventLines(const std::string& path) try : buffer_(path, Pipes::accepted), stream_(&buffer_) {
    stream_.exceptions(std::ios::badbit);
} catch (const Error& error) {
    throw EventError(error.what());
}

std::string EventLines::where() const { return fmt::format("{}: line {}", buffer_.name(), line_); }

std::optional<GivenEvent> EventLines::next() try { return read(); } catch (const Error& error) {
    throw EventError(error.what());
}

std::optional<GivenEvent> EventLines::read() {
    std::string line;
    while (std::getline(stream_, line)) {
        ++line_;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        auto row = parse_json(line, where());
        if (!row.is_object()) {
            throw Error(where() + ": not a JSON object (expected jsonl, as earshot detect writes it)");
        }
        if (label::is_beside_events(row)) continue;
        const double onset_s = seconds(row, "onset", where()), offset_s = seconds(row, "offset", where());
        if (const auto time = row.find("time"); time != row.end() && time->is_string())
            label::located([this] { return where(); }, [&] { return parse_utc(time->get<std::string>()); });
        if (offset_s < onset_s) throw Error(where() + ": the offset is before the onset");
        return GivenEvent{onset_s, offset_s, std::move(row)};
    }
    return {};
}

}  // namespace earshot::tools
