#include "metrics/event_matching.h"

#include <cmath>
#include <limits>
#include <optional>

#include "metrics/cuts.h"

namespace earshot::metrics {
namespace {

/// A maximum matching, by augmenting paths.
class Matching {
 public:
    Matching(const LabelEvents& events, const Collars& collars)
        : reference_(events.reference),
          detected_(events.detected),
          collars_(collars),
          of_reference_(events.reference.size()),
          of_detected_(events.detected.size()),
          from_(events.reference.size()),
          seen_(events.reference.size(), 0) {
        std::vector<Interval> onsets;  // as intervals of length 0
        for (const auto& one : reference_.sorted()) onsets.push_back({one.onset_s, one.onset_s});
        onsets_ = IntervalIndex(onsets);
    }

    std::uint64_t size() {
        std::uint64_t pairs = 0;
        for (std::size_t d = 0; d < detected_.size(); ++d) {
            if (!augment(d)) continue;
            ++pairs;
            ++round_;  // what a failed search saw leads to no free event later either
        }
        return pairs;
    }

 private:
    bool near(std::size_t r, const Interval& detected) const {
        const auto& reference = reference_.sorted()[r];
        const double offset_collar_s =
            std::max(collars_.collar_s, collars_.offset_fraction * reference.length_s());
        return std::fabs(reference.onset_s - detected.onset_s) <= collars_.collar_s &&
               std::fabs(reference.offset_s - detected.offset_s) <= offset_collar_s;
    }

    /// Looks for a pair for a detected event, for which others may change theirs.
    bool augment(std::size_t start) {
        std::vector<std::size_t> queue{start};
        for (std::size_t head = 0; head < queue.size(); ++head) {
            const auto& detected = detected_[queue[head]];
            const double reach_s = collars_.collar_s + 1e-6;  // rounding: near() decides
            std::optional<std::size_t> free;
            onsets_->visit_near(detected.onset_s - reach_s, detected.onset_s + reach_s, [&](std::size_t r) {
                if (free || seen_[r] == round_ || !near(r, detected)) return;
                seen_[r] = round_;
                from_[r] = queue[head];
                if (of_reference_[r]) {
                    queue.push_back(*of_reference_[r]);
                } else {
                    free = r;
                }
            });
            if (!free) continue;
            exchange(*free);
            return true;
        }
        return false;
    }

    void exchange(std::size_t free) {
        for (std::optional<std::size_t> r = free; r;) {
            const std::size_t d = from_[*r];
            const auto next = of_detected_[d];
            of_reference_[*r] = d;
            of_detected_[d] = r;
            r = next;
        }
    }

    IntervalIndex reference_;
    std::span<const Interval> detected_;
    Collars collars_;
    std::optional<IntervalIndex> onsets_;
    std::vector<std::optional<std::size_t>> of_reference_, of_detected_;  // each event's pair
    std::vector<std::size_t> from_;    // the detected event that a search came from
    std::vector<std::uint64_t> seen_;  // the round of a reference event's last visit
    std::uint64_t round_ = 1;
};

}  // namespace

double HitCounts::precision() const { return ratio(hits, detected); }

double HitCounts::recall() const { return ratio(hits, reference); }

double HitCounts::f1() const {
    return reference == 0 ? std::numeric_limits<double>::quiet_NaN() : ratio(2 * hits, reference + detected);
}

HitCounts& HitCounts::operator+=(const HitCounts& other) {
    reference += other.reference;
    detected += other.detected;
    hits += other.hits;
    return *this;
}

HitCounts HitCounts::operator*(std::uint64_t times) const {
    return {reference * times, detected * times, hits * times};
}

HitCounts match_events(const LabelEvents& events, const Collars& collars) {
    return {events.reference.size(), events.detected.size(), Matching(events, collars).size()};
}

}  // namespace earshot::metrics
