#include "metrics/intervals.h"

#include <tuple>

namespace earshot::metrics {

IntervalIndex::IntervalIndex(std::span<const Interval> intervals)
    : sorted_(intervals.begin(), intervals.end()) {
    std::ranges::sort(sorted_, {}, [](const Interval& one) { return std::tuple(one.onset_s, one.offset_s); });
    for (const auto& one : sorted_)
        latest_s_.push_back(latest_s_.empty() ? one.offset_s : std::max(latest_s_.back(), one.offset_s));
}

}  // namespace earshot::metrics
