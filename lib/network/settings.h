#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace earshot::network {

// The settings of an architecture that depend on the data. It comes from untrusted files: each value is
// checked for its type and range before anything is built from it; architecture.h reads what people choose.
// Errors read `architecture: "inputs" is 0, should be from 1 to 1048576`.

/// @throws Error if json[key] is missing, not a whole number, or outside [low, high]
std::int64_t whole_setting(const nlohmann::ordered_json& json, const std::string& key, std::int64_t low,
                           std::int64_t high);
/// False if it is missing. @throws Error if it is neither true nor false
bool flag_setting(const nlohmann::ordered_json& json, const std::string& key);
/// @throws Error if json[key] is missing or not text
std::string text_setting(const nlohmann::ordered_json& json, const std::string& key);

}  // namespace earshot::network
