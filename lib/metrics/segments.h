#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/event_matching.h"

namespace earshot::metrics {

/// Errors over all labels of a segment together: of true labels that were not detected, as many as possible
/// count as substituted by detected labels that are not true; what is left of the former is deleted, of the
/// latter inserted.
struct SegmentErrors {
    std::uint64_t substitutions = 0, deletions = 0, insertions = 0;

    SegmentErrors& operator+=(const SegmentErrors& other);
    SegmentErrors operator*(std::uint64_t times) const;
};

struct SegmentCounts {
    std::vector<HitCounts> labels;  // segments in which each label is true, is detected, or both
    SegmentErrors errors;           // over all segments
};

/// Segment-based counts of one recording, cut into segments of equal length from its beginning. A label is
/// active in every segment that one of its events touches: from the floor of its onset to the ceiling of its
/// offset, in segments.
/// Source: sed_eval 0.2, SegmentBasedMetrics.
/// @param labels     the events of each label
/// @param segment_s  above 0
SegmentCounts count_segments(std::span<const LabelEvents> labels, double segment_s);

/// (deletions + insertions) / true segments of one label; NaN without true segments.
double error_rate(const HitCounts& label);
/// (substitutions + deletions + insertions) / true segments of all labels; NaN without true segments.
double error_rate(const SegmentErrors& errors, const HitCounts& all);

}  // namespace earshot::metrics
