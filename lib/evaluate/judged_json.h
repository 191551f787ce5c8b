#pragma once

#include <nlohmann/json.hpp>

#include "evaluate/judge.h"

namespace earshot::evaluate {

// A line of what earshot evaluate --shard writes, without the name of the recording.
void to_json(nlohmann::ordered_json& json, const JudgedRecording& judged);
/// @throws nlohmann's exceptions for anything else
void from_json(const nlohmann::ordered_json& json, JudgedRecording& judged);

}  // namespace earshot::evaluate
