#pragma once

#include <span>

namespace earshot {

/// How often a detector is wrong at one threshold, score >= threshold being a detection. A ratio over nothing is NaN.
struct DetectionRates {
    double false_alarms;  // FAR: share of the negatives that are detected
    double misses;        // FRR: share of the positives that are not
    /// Harmonic mean of 1 - FAR and 1 - FRR; 0 if either is 0.
    double score() const;
};

/// @throws Error if a score is not a number
DetectionRates detection_rates(std::span<const float> scores, std::span<const bool> positive, double threshold);

/// Of the thresholds 0.01, 0.02, ... 0.99, the one with the highest DetectionRates::score(); the middle of the
/// longest stretch if several next to each other share it, since what lies between the scores on either side is as
/// far from both as can be. 0.5 if positives or negatives are missing.
double best_score_threshold(std::span<const float> scores, std::span<const bool> positive);

}  // namespace earshot
