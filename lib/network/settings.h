#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace earshot::network {

// Settings of an architecture come from files of strangers: each is checked for its type and range before
// anything is built from it. Errors read `architecture: "inputs" is 0, should be from 1 to 1048576`.

/// @throws Error if json[key] is missing, not a whole number, or outside [low, high]
std::int64_t whole_setting(const nlohmann::ordered_json& json, const std::string& key, std::int64_t low,
                           std::int64_t high);
/// @throws Error if json[key] is missing, not a number, or outside [low, high]
double number_setting(const nlohmann::ordered_json& json, const std::string& key, double low, double high);
/// @throws Error if json[key] is missing, not a list of `fewest` to `most` items, or one of them not a whole
/// number from 1 to `high`
std::vector<std::int64_t> list_setting(const nlohmann::ordered_json& json, const std::string& key,
                                       std::size_t fewest, std::size_t most, std::int64_t high);
/// False if it is missing. @throws Error if it is neither true nor false
bool flag_setting(const nlohmann::ordered_json& json, const std::string& key);
/// @throws Error if json[key] is missing or not text
std::string text_setting(const nlohmann::ordered_json& json, const std::string& key);

}  // namespace earshot::network
