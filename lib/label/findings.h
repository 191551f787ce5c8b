#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "label/timeline.h"

namespace earshot::label {

enum class FindingKind { past_end, unknown_label, overlap, gap, no_duration };
std::string_view finding_name(FindingKind kind);  // "past-end", ...

/// Something about a timeline that its author may not have meant.
struct Finding {
    FindingKind kind;
    double onset_s, offset_s;  // where it is
    std::string label;         // of the event, or of the two that overlap: "cry and laugh"; empty for a gap
    /// Wrong, whatever was meant: past_end, unknown_label. The others can be what was meant.
    bool is_fault() const { return kind == FindingKind::past_end || kind == FindingKind::unknown_label; }
};

struct CheckRules {
    double tolerance_s = 0.05;                      // past the end, or of gaps, that nobody minds
    bool gaps = false;                              // look for gaps too
    std::optional<std::vector<std::string>> known;  // all labels that there should be
};

/// Holds a timeline, sorted, against its recording of duration_s. In order of onset.
std::vector<Finding> check_timeline(const Timeline& timeline, double duration_s, const CheckRules& rules);

}  // namespace earshot::label
