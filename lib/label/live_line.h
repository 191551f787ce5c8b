#pragma once

#include <nlohmann/json.hpp>

namespace earshot::label {

/// True for a line of `earshot detect --device` that is not an event: a gap, statistics, or the start of an
/// event that a later line completes (earshot-formats(5), EVENTS).
inline bool is_beside_events(const nlohmann::ordered_json& row) {
    if (row.contains("label")) {
        const auto state = row.find("state");
        return state != row.end() && *state == "start" && !row.contains("offset");
    }
    return row.contains("gap") || row.contains("stats");
}

}  // namespace earshot::label
