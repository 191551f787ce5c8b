#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace earshot {

/// Seconds from `90`, `1.5s`, `250ms`, `2m`, `1h`, `30d`, `02:13`, `1:02:13.250`. Not negative, finite,
/// locale-free. In clock form, fields after the first are below 60, and only the last may have a fraction.
/// @throws Error, such as "02:75: seconds must be below 60"
double parse_time(std::string_view text);

/// `mm:ss`, or `h:mm:ss` from an hour on, rounded down to whole seconds.
std::string clock_text(double seconds);

using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;

/// `2024-02-29T23:59:58.123Z`: to the millisecond, rounded down. (The system clock has no leap seconds.)
std::string utc_text(UtcTime time);
/// The inverse of utc_text(); empty if malformed. @throws Error for a year that the system clock cannot hold
std::optional<UtcTime> parse_utc(std::string_view text);

/// Parses all of `text` as a finite decimal number with a point, whatever the locale.
/// @throws Error("'1,5' is not a number (a decimal point is needed, not a comma)") and the like
double parse_number(std::string_view text);

}  // namespace earshot
