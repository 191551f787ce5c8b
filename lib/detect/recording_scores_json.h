#pragma once

#include <nlohmann/json.hpp>

#include "detect/recording_scorer.h"

namespace earshot::detect {

// For the journal of a batch, which keeps damage and problems itself.
void to_json(nlohmann::ordered_json& json, const RecordingScores& scores);
void from_json(const nlohmann::ordered_json& json, RecordingScores& scores);

}  // namespace earshot::detect
