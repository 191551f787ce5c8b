#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace earshot::tools {

/// One `key = value` of a configuration file.
struct ConfigEntry {
    std::string section;              // "train", "label.convert"; empty before the first section
    std::string key;                  // "sample-duration"
    std::vector<std::string> values;  // one, or those of an array, without their quotes
    int line = 0;                     // from 1
};

/// Reads the part of TOML that options need: [sections], keys, strings in either kind of quotes, numbers,
/// booleans, arrays of those over one or more lines, comments. Beyond TOML, quotes may be left out where the
/// value is one word (`hop = 1.5s`). CLI11's own reader ends a string at a `#` and passes over what it does
/// not understand; this one names the line.
/// @param name  in front of messages: "spectrum-mlp.toml: line 3: ..."
/// @throws UsageError
std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& name);

/// `value` as TOML writes it: numbers and booleans bare, everything else a string in double quotes.
std::string config_value(std::string_view value);

}  // namespace earshot::tools
