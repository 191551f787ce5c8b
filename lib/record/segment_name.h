#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "support/time_text.h"

namespace earshot::record {

// Names in an archive. Days and segments sort by time.

/// `2024-02-29`
std::string day_name(UtcTime time);
bool is_day(std::string_view name);

/// `20240229T235958.123Z`, without an extension. @param copy  from 1 on for the same time again: `...Z-1`
std::string segment_name(UtcTime start, int copy);
/// Start of a segment, from its name; nothing for other files.
std::optional<UtcTime> segment_start(std::string_view name);
inline bool is_segment(std::string_view name) { return segment_start(name).has_value(); }

/// `.20240229T235958.123Z.wav.part`: the name of a segment while it is being written.
std::string part_name(std::string_view name);
/// The final name of a part; nothing for other files.
std::optional<std::string> name_of_part(std::string_view part);

}  // namespace earshot::record
