#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace earshot::tools {

/// One `key = value` of a configuration file.
struct ConfigEntry {
    std::string section;              // "train", "label.convert"; empty before the first section
    std::string key;                  // "sample-duration"
    std::vector<std::string> values;  // one, or those of an array, as text
    int line = 0;                     // from 1
};

/// Reads TOML, in the order of its lines. Values are text, numbers, booleans, dates, and arrays of those.
/// @param name  in front of messages: "spectrum-mlp.toml: line 3: ..."
/// @throws UsageError for what is not TOML, and for tables inside arrays and arrays inside arrays
std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& name);

/// `value` in TOML, so that parse_config() gives it back unchanged: booleans and numbers bare, all else
/// quoted.
std::string config_value(std::string_view value);

}  // namespace earshot::tools
