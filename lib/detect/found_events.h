#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "label/timeline.h"

namespace earshot::detect {

/// What detecting in one recording came to.
struct FoundEvents {
    std::vector<label::Event> events;              // those that are not written yet
    std::vector<nlohmann::ordered_json> rejected;  // rejection_row(), those that are not written yet
    std::size_t count = 0;                         // of all events
};

// For the journal of a batch.
void to_json(nlohmann::ordered_json& json, const FoundEvents& found);
void from_json(const nlohmann::ordered_json& json, FoundEvents& found);

}  // namespace earshot::detect
