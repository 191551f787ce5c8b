#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace earshot::metrics {

// Figures of a model that may answer `unknown`: a window's answer is its best label if that one's score
// reaches a threshold, and `unknown` if not. All spans have one entry a window; equal scores are cut
// together.
// @throws Error if a score is not a number

/// A point of the curve of precision over recall: score >= threshold is taken for positive.
struct PrecisionRecall {
    double threshold, precision, recall;
};

/// From the highest score to the lowest, a point for each distinct one; none without a positive.
std::vector<PrecisionRecall> precision_recall_curve(std::span<const float> scores,
                                                    std::span<const bool> positive);

/// A point of the open-set ROC.
struct OpenSetPoint {
    double threshold;
    double correct;          // share of the known windows whose answer is right and scores threshold or more
    double false_positives;  // share of the unknown windows whose best label scores threshold or more
};

/// The open-set ROC (Dhamija, Günther and Boult, Reducing Network Agnostophobia, NeurIPS 2018, section 4.1),
/// from the highest score to the lowest, a point for each distinct one; none unless there are both known and
/// unknown windows.
/// @param best   score of the best label
/// @param known  whether the truth is one of the labels
/// @param right  whether the best label is the truth
std::vector<OpenSetPoint> open_set_roc(std::span<const float> best, std::span<const bool> known,
                                       std::span<const bool> right);

/// Area under that curve, straight lines between its points and (0, 0) before them; the share of right
/// answers where unknown windows are told apart perfectly. NaN without points.
double open_set_area(std::span<const OpenSetPoint> curve);

/// The share of right answers at the lowest threshold whose false positives are at most this; 0 if none is.
double correct_at(std::span<const OpenSetPoint> curve, double false_positives);

/// A threshold chosen for something wanted of it.
struct WantedThreshold {
    double threshold;
    bool reached;  // whether it does what was wanted on these scores
};

/// A threshold for a wanted precision: of the cuts that have it, the one with the highest recall, and of
/// these the highest; where none has it, the one with the highest precision, and of these that with the
/// highest recall. In the middle between the scores on either side of the cut, or the lowest score itself;
/// 0.5 without a positive.
WantedThreshold precision_threshold(std::span<const float> scores, std::span<const bool> positive,
                                    double precision);

/// Windows one after the other in which nothing is to be found.
struct BackgroundRun {
    std::size_t first, count;  // of the scores
};

/// Adds a window, whose number is higher than those of all in `runs`. @param follows  whether it is next to
/// the window before it, and both are of one recording
void add_window(std::vector<BackgroundRun>& runs, std::size_t window, bool follows);

/// False alarms on background: stretches of windows next to each other that score threshold or more, each of
/// which detect would report as one event.
std::uint64_t false_alarms(std::span<const float> scores, std::span<const BackgroundRun> runs,
                           double threshold);

/// The lowest threshold at which, and at every higher one, there are at most so many false alarms: in the
/// middle between two neighbouring scores, or the lowest score itself. Half-way from the highest score to 1
/// if there may be none; 0 without background. Scores are from 0 to 1; a score of 1 reaches every threshold.
double false_alarm_threshold(std::span<const float> scores, std::span<const BackgroundRun> runs,
                             std::uint64_t most);

}  // namespace earshot::metrics
