#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "metrics/intervals.h"

namespace earshot::metrics {

/// The scores of a recording over time: step i, with one score per label, lasts from times_s[i] to
/// times_s[i + 1].
struct ScoreSequence {
    std::vector<double> times_s;  // steps + 1, strictly ascending; empty without a step
    std::vector<double> scores;   // steps x labels

    /// A score that reaches no threshold, of time that was not heard.
    static constexpr double kUnheard = -std::numeric_limits<double>::infinity();

    std::size_t steps() const { return times_s.empty() ? 0 : times_s.size() - 1; }
    /// Adds a step. Time between the end of the last one and onset_s becomes a step of kUnheard.
    /// @throws Error for NaN, for a step without length, or one that begins before the last one ends
    void add(double onset_s, double offset_s, std::span<const double> scores);
};

/// Which overlaps count in the PSD-ROC; fractions from above 0 to 1.
struct OverlapCriteria {
    double detection;  // as IntersectionRule
    double reference;  // as IntersectionRule
    std::optional<double>
        cross_trigger;  // of a detection that is not relevant, within events of another label
};

/// What changes in the counts of one label when its threshold falls to `score`, in one recording.
struct ThresholdChange {
    double score;
    std::uint32_t recording;
    std::uint32_t other;  // label of the events that cross triggers are in; kOwn: the label's own counts
    std::int32_t hits = 0, false_positives = 0;  // of kOwn
    std::int32_t cross_triggers = 0;             // of another label

    static constexpr std::uint32_t kOwn = std::numeric_limits<std::uint32_t>::max();
};

/// The changes of all labels in one recording, for every threshold there is: from the highest score of a
/// label down, neighbouring steps that reach the threshold are one detection. A detection is relevant if
/// enough of it lies within the label's events; otherwise it is a false positive, and a cross trigger for
/// each other label with events that cover enough of it. Hits are the events of which enough lies within
/// relevant detections. Each step joins once and changes one detection, so a recording of n steps takes n log
/// n time. Source: Ebbers, Serizel and Haeb-Umbach, Threshold-Independent Evaluation of Sound Event Detection
/// Scores, ICASSP 2022.
/// @param events  the reference events of each label; events without length are ignored
/// @return  for each label its changes, from the highest score down
/// @throws Error if a score is NaN
std::vector<std::vector<ThresholdChange>> sweep_thresholds(std::span<const LabelEvents> events,
                                                           const ScoreSequence& scores,
                                                           const OverlapCriteria& criteria,
                                                           std::uint32_t recording);

}  // namespace earshot::metrics
