#pragma once

#include <cmath>
#include <cstdint>

#include "metrics/event_matching.h"

namespace earshot::metrics {

// Measures by how much events overlap, instead of where they begin and end. Source: Bilen, Ferroni, Tuveri,
// Azcarreta and Krstulovic, A Framework for the Robust Evaluation of Sound Event Detection, ICASSP 2020.

/// Fractions that must overlap, from above 0 to 1.
struct IntersectionRule {
    double detection = 0.5;  // detection tolerance criterion (DTC): of a detected event, within true events
    double reference = 0.5;  // ground truth criterion (GTC): of a true event, within relevant detections
};

/// Whether `seconds` are at least this fraction of a length. Both are rounded to microseconds, as
/// sed_scores_eval does it, so that an overlap of exactly the fraction counts.
inline bool reaches(double seconds, double fraction, double length_s) {
    return std::nearbyint(seconds * 1e6) >= std::nearbyint(fraction * length_s * 1e6);
}

/// Intersection-based counts of one label in one recording. A detection is relevant if at least
/// rule.detection of it lies within true events of the label; hits are the true events of which at least
/// rule.reference lies within relevant detections. `detected` is hits + detections that are not relevant, so
/// that precision and F1 are those of psds_eval and sed_scores_eval: several relevant detections of one true
/// event count once, and one that covers too little of it not at all. Events without length are ignored.
HitCounts match_intersections(const LabelEvents& events, const IntersectionRule& rule);

/// Detections that have no time in common with any true event of their label.
std::uint64_t count_false_alarms(const LabelEvents& events);

}  // namespace earshot::metrics
