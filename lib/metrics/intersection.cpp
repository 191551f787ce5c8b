#include "metrics/intersection.h"

#include <algorithm>

namespace earshot::metrics {

HitCounts match_intersections(const LabelEvents& events, const IntersectionRule& rule) {
    std::vector<Interval> with_length;
    std::ranges::copy_if(events.reference, std::back_inserter(with_length),
                         [](const Interval& one) { return one.length_s() > 0; });
    const IntervalIndex reference(with_length);
    std::vector<double> covered_s(with_length.size(), 0);
    HitCounts counts;
    counts.reference = with_length.size();
    for (const auto& detected : events.detected) {
        if (!(detected.length_s() > 0)) continue;
        const auto common_s = [&](std::size_t r) {
            const auto& one = reference.sorted()[r];
            return std::min(one.offset_s, detected.offset_s) - std::max(one.onset_s, detected.onset_s);
        };
        double within_s = 0;
        reference.visit_near(detected.onset_s, detected.offset_s,
                             [&](std::size_t r) { within_s += common_s(r); });
        if (!reaches(within_s, rule.detection, detected.length_s())) {
            ++counts.detected;
            continue;
        }
        reference.visit_near(detected.onset_s, detected.offset_s,
                             [&](std::size_t r) { covered_s[r] += common_s(r); });
    }
    for (std::size_t r = 0; r < covered_s.size(); ++r)
        counts.hits += reaches(covered_s[r], rule.reference, reference.sorted()[r].length_s());
    counts.detected += counts.hits;
    return counts;
}

std::uint64_t count_false_alarms(const LabelEvents& events) {
    const IntervalIndex reference(events.reference);
    std::uint64_t alarms = 0;
    for (const auto& detected : events.detected) {
        bool right = false;
        reference.visit_near(detected.onset_s, detected.offset_s, [&](std::size_t r) {
            const auto& one = reference.sorted()[r];
            const bool common = one.onset_s < detected.offset_s && detected.onset_s < one.offset_s;
            right = right || common || one.length_s() == 0 || detected.length_s() == 0;
        });
        alarms += !right;
    }
    return alarms;
}

}  // namespace earshot::metrics
