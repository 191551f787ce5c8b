#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace earshot::metrics {

// Measures of a model that may answer `unknown`: the answer for a window is its best label if the score of
// that reaches a threshold, otherwise `unknown`. All spans have one entry per window; equal scores are never
// separated.
// @throws Error if a score is not a number

/// A point of the precision-recall curve: score >= threshold is predicted positive.
struct PrecisionRecall {
    double threshold, precision, recall;
};

/// From the highest score to the lowest, a point for each distinct one; none without a positive.
std::vector<PrecisionRecall> precision_recall_curve(std::span<const float> scores,
                                                    std::span<const bool> positive);

/// A point of the open-set ROC.
struct OpenSetPoint {
    double threshold;
    double correct;          // fraction of known windows with the right answer and score >= threshold
    double false_positives;  // fraction of unknown windows with score >= threshold
};

/// The open-set ROC (Dhamija, Günther and Boult, Reducing Network Agnostophobia, NeurIPS 2018, section 4.1),
/// from the highest score to the lowest, a point for each distinct one; none unless there are both known and
/// unknown windows.
/// @param best   score of the best label
/// @param known  whether the truth is one of the labels
/// @param right  whether the best label is the truth
std::vector<OpenSetPoint> open_set_roc(std::span<const float> best, std::span<const bool> known,
                                       std::span<const bool> right);

/// Area under that curve, with straight lines between its points and (0, 0) before them: the fraction of
/// right answers if unknown windows were recognised perfectly. NaN without points.
double open_set_area(std::span<const OpenSetPoint> curve);

/// The fraction of right answers at the lowest threshold with at most these false positives; 0 if there is
/// none.
double correct_at(std::span<const OpenSetPoint> curve, double false_positives);

/// A threshold chosen to reach a target.
struct WantedThreshold {
    double threshold;
    bool reached;  // whether it reaches the target on these scores
};

/// A threshold for a target precision: of the cuts that reach it, the one with the highest recall, and of
/// these the highest; if none reaches it, the one with the highest precision, and of these the one with the
/// highest recall. It lies in the middle between the scores on either side of the cut, or the lowest score
/// itself; 0.5 without a positive.
WantedThreshold precision_threshold(std::span<const float> scores, std::span<const bool> positive,
                                    double precision);

/// Consecutive windows of background.
struct BackgroundRun {
    std::size_t first, count;  // of the scores
};

/// Adds a window, whose number is higher than those of all in `runs`. @param follows  whether it is next to
/// the window before it, and both are of one recording
void add_window(std::vector<BackgroundRun>& runs, std::size_t window, bool follows);

/// False alarms on background: runs of consecutive windows with score >= threshold, each of which detect
/// would report as one event.
std::uint64_t false_alarms(std::span<const float> scores, std::span<const BackgroundRun> runs,
                           double threshold);

/// The lowest threshold such that it and every higher one give at most that many false alarms: the middle
/// between two adjacent scores, or the lowest score itself. Halfway between the highest score and 1 if none
/// are allowed; 0 without background. Scores are from 0 to 1; a score of 1 reaches every threshold.
double false_alarm_threshold(std::span<const float> scores, std::span<const BackgroundRun> runs,
                             std::uint64_t most);

}  // namespace earshot::metrics
