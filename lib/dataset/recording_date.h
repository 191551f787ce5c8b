#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace earshot::dataset {

using Day = std::chrono::sys_days;

/// The day in a path: `2026-11-01`, or `20261101` without a digit next to it, in the file's name or else in
/// the nearest folder above; the last one if a name has several. earshot record names segments and daily
/// folders so. Nothing if there is none.
std::optional<Day> recording_day(std::string_view path);

/// Days from `first` to `last`, both included.
struct DayRange {
    Day first, last;
    bool contains(Day day) const { return first <= day && day <= last; }
};

/// `2026-11-01..2026-11-07`, or `2026-11-01` alone. @throws Error that says what is expected
DayRange parse_days(std::string_view text);

/// Whether a recording is of one of the days. @param paths  that may contain its day, the best one first
/// @throws Error if none of them contains a day
bool is_of_days(const std::vector<std::string>& paths, const std::vector<DayRange>& days);

}  // namespace earshot::dataset
