#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataset/recording_date.h"

namespace earshot::tools {

/// "bark,door" and "cry" as three words; empty ones are dropped.
std::vector<std::string> split_list(const std::vector<std::string>& texts);

/// @param option  for messages
/// @throws UsageError for what are no days
std::vector<dataset::DayRange> day_ranges(const std::string& option, const std::vector<std::string>& texts);

/// What --background says: a label, and paths of recordings or datasets of nothing else.
struct BackgroundChoice {
    std::optional<std::string> label;
    std::vector<std::string> paths;
};
/// A text with a slash or the end of an NPZ file, or the name of a directory, is a path; anything else is a
/// label.
/// @throws UsageError for a second label
BackgroundChoice parse_background(const std::vector<std::string>& texts);

}  // namespace earshot::tools
