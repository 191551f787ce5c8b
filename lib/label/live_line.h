#pragma once

#include <nlohmann/json.hpp>

namespace earshot::label {

/// True for a line of `earshot detect --device` that is no event: sound that was not heard, how it goes, or
/// the beginning of an event of whose end another line tells (earshot-formats(5), EVENTS).
inline bool is_beside_events(const nlohmann::ordered_json& row) {
    if (row.contains("label")) {
        const auto state = row.find("state");
        return state != row.end() && *state == "start" && !row.contains("offset");
    }
    return row.contains("gap") || row.contains("stats");
}

}  // namespace earshot::label
