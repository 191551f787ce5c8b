#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "label/timeline.h"

namespace earshot::label {

enum class FindingKind { past_end, unknown_label, overlap, gap, no_duration };
std::string_view finding_name(FindingKind kind);  // "past-end", ...

/// A likely mistake in a timeline.
struct Finding {
    FindingKind kind;
    double onset_s, offset_s;  // where it is
    std::string label;         // of the event, or of the two that overlap: "cry and laugh"; empty for a gap
    /// True for definite errors (past_end, unknown_label). The other kinds may be intended.
    bool is_fault() const { return kind == FindingKind::past_end || kind == FindingKind::unknown_label; }
};

struct CheckRules {
    double tolerance_s = 0.05;                      // ignored past the end, and of gaps
    bool gaps = false;                              // look for gaps too
    std::optional<std::vector<std::string>> known;  // all allowed labels
};

/// Checks a sorted timeline against the duration of its recording. Findings are in order of onset.
std::vector<Finding> check_timeline(const Timeline& timeline, double duration_s, const CheckRules& rules);

}  // namespace earshot::label
