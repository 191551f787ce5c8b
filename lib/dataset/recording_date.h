#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace earshot::dataset {

using Day = std::chrono::sys_days;

/// The day that a path speaks of: `2026-11-01`, or `20261101` with no other digit beside it, in the name of
/// the file or else of the nearest folder above, the last one of a name; what earshot record calls segments
/// and folders of days. Nothing if there is none.
std::optional<Day> recording_day(std::string_view path);

/// Days from `first` to `last`, both included.
struct DayRange {
    Day first, last;
    bool contains(Day day) const { return first <= day && day <= last; }
};

/// `2026-11-01..2026-11-07`, or `2026-11-01` alone. @throws Error that says what would be right
DayRange parse_days(std::string_view text);

/// Whether a recording is of one of the days. @param paths  that may speak of its day, the best one first
/// @throws Error if none of them speaks of any
bool is_of_days(const std::vector<std::string>& paths, const std::vector<DayRange>& days);

}  // namespace earshot::dataset
