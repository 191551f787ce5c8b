#pragma once

#include <cstdint>

#include "metrics/intervals.h"

namespace earshot::metrics {

/// True and detected items, and how many of them agree. Items are events, or segments of time.
struct HitCounts {
    std::uint64_t reference = 0, detected = 0, hits = 0;

    double precision() const;  // hits / detected; NaN if nothing is detected
    double recall() const;     // hits / reference; NaN if there is nothing to detect
    /// 2 hits / (reference + detected); NaN if there is nothing to detect, 0 if nothing of it is detected.
    double f1() const;

    HitCounts& operator+=(const HitCounts& other);
    /// The same, counted so many times.
    HitCounts operator*(std::uint64_t times) const;
};

/// How near a detected event must be to a true one: its onset within collar_s, and its offset within collar_s
/// or offset_fraction of the true event's length, whichever is more.
struct Collars {
    double collar_s = 0.2;
    double offset_fraction = 0.2;
};

/// Event-based counts of one label in one recording. A hit is a pair of a true and a detected event that are
/// near each other; each event is in at most one pair, and hits are as many pairs as there can be (a maximum
/// matching). Differences of times are compared with the collars as they are, without a tolerance.
/// Source: sed_eval 0.2, EventBasedMetrics with event_matching_type 'optimal', onsets and offsets evaluated;
/// Mesaros, Heittola and Virtanen, Metrics for Polyphonic Sound Event Detection, Applied Sciences 6(6)
/// (2016).
HitCounts match_events(const LabelEvents& events, const Collars& collars);

}  // namespace earshot::metrics
