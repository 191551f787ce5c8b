#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "metrics/threshold_sweep.h"

namespace earshot::metrics {

struct PsdsSettings {
    OverlapCriteria criteria;
    double cross_trigger_weight;  // alpha_ct: of the mean rate of cross triggers, in the effective FPR
    double instability_weight;    // alpha_st: of the standard deviation over the labels
    double most_per_hour;         // e_max: up to this effective false positive rate
};

// The two scenarios of DCASE task 4 (2021 and later).

/// Where in time matters most: DTC 0.7, GTC 0.7, alpha_ct 0, alpha_st 1, e_max 100 an hour.
PsdsSettings psds1();
/// Which label matters most: DTC 0.1, GTC 0.1, CTTC 0.3, alpha_ct 0.5, alpha_st 1, e_max 100 an hour.
PsdsSettings psds2();

/// Polyphonic sound detection score: the area under the PSD-ROC up to e_max, divided by e_max. The curve of a
/// label is the highest true positive ratio at each effective false positive rate, over all thresholds (not a
/// fixed set of them), as a staircase. Over all labels: their mean minus alpha_st standard deviations (of the
/// population), at least 0. The effective rate is false positives an hour plus alpha_ct times the mean, over
/// the other labels, of cross triggers an hour of that label's events.
///
/// Labels are those with reference events; others have no part in the score (sed_scores_eval refuses them).
/// A label without scores has the true positive ratio 0.
///
/// Source: Bilen et al. (intersection.h), Ebbers et al. (threshold_sweep.h), and sed_scores_eval 0.0.4, whose
/// figures these are.
class Psds {
 public:
    Psds(const PsdsSettings& settings, std::size_t labels);

    /// A recording. Keeps a few bytes for each threshold at which something changes.
    /// @param events  the reference events of each label
    /// @throws Error if a score is NaN
    void add(std::span<const LabelEvents> events, const ScoreSequence& scores, double duration_s);

    std::size_t recordings() const { return recordings_.size(); }

    struct Result {
        double score;                // NaN without reference events
        std::vector<double> labels;  // area under the curve of each alone; NaN without reference events
    };
    Result result();
    /// The same with recording i counted times[i] times.
    Result result(std::span<const std::uint32_t> times);

 private:
    struct Reference {  // events of a label in a recording
        std::uint32_t label, count;
        double seconds;
    };
    struct Totals;
    Totals totals(std::span<const std::uint32_t> times) const;
    /// For each hit of a label, the lowest effective false positive rate an hour at which there are as many.
    std::vector<double> rates(std::size_t label, std::span<const std::uint32_t> times,
                              const Totals& totals) const;
    double area(std::span<const std::vector<double>> rates) const;
    /// Sorts the changes and finds their floors, after recordings were added.
    void prepare();

    struct Step : ThresholdChange {
        /// How much more false positives this recording has at least, at this threshold and all below it.
        /// Once there are too many of these, the rest of the curve is past e_max.
        std::int32_t floor = 0;
    };

    PsdsSettings settings_;
    std::vector<std::vector<Step>> changes_;  // of each label
    bool prepared_ = true;                    // each from the highest score down
    struct Recording {
        double duration_s;
        std::vector<Reference> reference;
    };
    std::vector<Recording> recordings_;
};

}  // namespace earshot::metrics
