#include "metrics/segments.h"

#include <algorithm>
#include <cmath>
#include <compare>

#include "metrics/cuts.h"

namespace earshot::metrics {
namespace {

/// Segments [first, end).
struct SegmentRange {
    std::int64_t first, end;
    auto operator<=>(const SegmentRange&) const = default;
};

/// Counts of segments up to here are exact, and do not overflow.
std::int64_t to_segment(double number) { return static_cast<std::int64_t>(std::min(number, 1e15)); }

/// The segments that events touch, in order and without overlaps.
std::vector<SegmentRange> active_segments(std::span<const Interval> events, double segment_s) {
    std::vector<SegmentRange> ranges;
    for (const auto& event : events) {
        const SegmentRange range{to_segment(std::floor(event.onset_s / segment_s)),
                                 to_segment(std::ceil(event.offset_s / segment_s))};
        if (range.first < range.end) ranges.push_back(range);
    }
    std::ranges::sort(ranges);
    std::vector<SegmentRange> merged;
    for (const auto& range : ranges) {
        if (merged.empty() || range.first > merged.back().end) {
            merged.push_back(range);
        } else {
            merged.back().end = std::max(merged.back().end, range.end);
        }
    }
    return merged;
}

std::vector<SegmentRange> in_both(std::span<const SegmentRange> a, std::span<const SegmentRange> b) {
    std::vector<SegmentRange> both;
    while (!a.empty() && !b.empty()) {
        const SegmentRange common{std::max(a.front().first, b.front().first),
                                  std::min(a.front().end, b.front().end)};
        if (common.first < common.end) both.push_back(common);
        auto& earlier = a.front().end < b.front().end ? a : b;
        earlier = earlier.subspan(1);
    }
    return both;
}

std::uint64_t count_of(std::span<const SegmentRange> ranges) {
    std::uint64_t count = 0;
    for (const auto& range : ranges) count += static_cast<std::uint64_t>(range.end - range.first);
    return count;
}

/// A segment from which on more or fewer labels are true, detected, or both.
struct Turn {
    std::int64_t segment;
    std::int64_t reference, detected, hits;  // added from here on
};

void add_turns(std::vector<Turn>& turns, std::span<const SegmentRange> ranges, const Turn& change) {
    for (const auto& range : ranges) {
        turns.push_back({range.first, change.reference, change.detected, change.hits});
        turns.push_back({range.end, -change.reference, -change.detected, -change.hits});
    }
}

SegmentErrors errors_of(std::vector<Turn> turns) {
    std::ranges::sort(turns, {}, &Turn::segment);
    SegmentErrors errors;
    std::int64_t reference = 0, detected = 0, hits = 0;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        reference += turns[i].reference;
        detected += turns[i].detected;
        hits += turns[i].hits;
        if (i + 1 == turns.size()) break;
        const std::int64_t lasts = turns[i + 1].segment - turns[i].segment;
        const auto times = [&](std::int64_t count) { return static_cast<std::uint64_t>(lasts * count); };
        errors.substitutions += times(std::min(reference, detected) - hits);
        errors.deletions += times(std::max<std::int64_t>(0, reference - detected));
        errors.insertions += times(std::max<std::int64_t>(0, detected - reference));
    }
    return errors;
}

}  // namespace

SegmentErrors& SegmentErrors::operator+=(const SegmentErrors& other) {
    substitutions += other.substitutions;
    deletions += other.deletions;
    insertions += other.insertions;
    return *this;
}

SegmentErrors SegmentErrors::operator*(std::uint64_t times) const {
    return {substitutions * times, deletions * times, insertions * times};
}

SegmentCounts count_segments(std::span<const LabelEvents> labels, double segment_s) {
    SegmentCounts counts;
    std::vector<Turn> turns;
    for (const auto& events : labels) {
        const auto reference = active_segments(events.reference, segment_s);
        const auto detected = active_segments(events.detected, segment_s);
        const auto hits = in_both(reference, detected);
        counts.labels.push_back({count_of(reference), count_of(detected), count_of(hits)});
        add_turns(turns, reference, {0, 1, 0, 0});
        add_turns(turns, detected, {0, 0, 1, 0});
        add_turns(turns, hits, {0, 0, 0, 1});
    }
    counts.errors = errors_of(std::move(turns));
    return counts;
}

double error_rate(const HitCounts& label) {
    return ratio(label.reference + label.detected - 2 * label.hits, label.reference);
}

double error_rate(const SegmentErrors& errors, const HitCounts& all) {
    return ratio(errors.substitutions + errors.deletions + errors.insertions, all.reference);
}

}  // namespace earshot::metrics
