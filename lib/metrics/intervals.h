#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace earshot::metrics {

/// Where an event is, in seconds; finite, onset_s <= offset_s.
struct Interval {
    double onset_s, offset_s;
    double length_s() const { return offset_s - onset_s; }
};

/// The true and the detected events of one label in one recording.
struct LabelEvents {
    std::vector<Interval> reference, detected;
};

/// Finds the intervals near another one without looking at all of them.
class IntervalIndex {
 public:
    explicit IntervalIndex(std::span<const Interval> intervals);

    /// In order of onset, then of offset.
    const std::vector<Interval>& sorted() const { return sorted_; }

    /// Calls visit(number in sorted()) for each interval that has a point in common with [onset_s, offset_s].
    template <class Visit>
    void visit_near(double onset_s, double offset_s, const Visit& visit) const {
        // The latest offset so far never falls, so everything before this one ends before onset_s.
        auto i = static_cast<std::size_t>(std::ranges::lower_bound(latest_s_, onset_s) - latest_s_.begin());
        for (; i < sorted_.size() && sorted_[i].onset_s <= offset_s; ++i) {
            if (sorted_[i].offset_s >= onset_s) visit(i);
        }
    }

 private:
    std::vector<Interval> sorted_;
    std::vector<double> latest_s_;  // of the offsets up to each
};

}  // namespace earshot::metrics
