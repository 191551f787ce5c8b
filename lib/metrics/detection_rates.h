#pragma once

#include <span>

namespace earshot::metrics {

/// How often a detector is wrong at one threshold, score >= threshold being a detection. A ratio with
/// denominator 0 is NaN.
struct DetectionRates {
    double false_alarms;  // FAR: fraction of the negatives that are detected
    double misses;        // FRR: fraction of the positives that are not
    /// Harmonic mean of 1 - FAR and 1 - FRR; 0 if either is 0.
    double score() const;
};

/// @throws Error if a score is not a number
DetectionRates detection_rates(std::span<const float> scores, std::span<const bool> positive,
                               double threshold);

/// Of the thresholds 0.01, 0.02, ... 0.99, the one with the highest DetectionRates::score(). Where several
/// adjacent ones share it, there is no score between them, and the data do not say where in that gap is best;
/// of several gaps, the longest is taken. Future positives will differ more from those in the data (other
/// voices, other places) than negatives, which include everything else from the start. So the threshold is as
/// low in the gap as the negatives allow: three standard deviations above their mean, both of ln(s / (1 -
/// s)); at least the gap's lower end and at most its middle, which is taken if there are fewer than ten
/// negatives. 0.5 if positives or negatives are missing.
double best_score_threshold(std::span<const float> scores, std::span<const bool> positive);

}  // namespace earshot::metrics
