#pragma once

#include <optional>
#include <span>
#include <vector>

#include "metrics/open_set.h"
#include "train/training_set.h"

namespace earshot::train {

/// The target for the thresholds: at most one of the two.
struct ThresholdWish {
    std::optional<double> precision;              // for each label, (0, 1]
    std::optional<double> false_alarms_per_hour;  // for each label on background, >= 0
    bool any() const { return precision || false_alarms_per_hour; }
};

/// Chooses for each label of a set the lowest threshold that meets the target on some examples. Examples of
/// all other labels, of the background and of unknown sounds count against a label. False alarms are counted
/// on background and unknown sounds. The background makes no alarms; it gets the cautious_f1_threshold.
/// @param rows    ascending within each recording
/// @param scores  one per label of the set
/// @throws Error if the wish limits false alarms and the rows hold no background
std::vector<metrics::WantedThreshold> choose_thresholds(const TrainingSet& set,
                                                        std::span<const std::int64_t> rows,
                                                        std::span<const float> scores,
                                                        const ThresholdWish& wish);

/// The mean of DetectionRates::score over all labels that have one, except the background; 0 if none has.
double mean_score(const metrics::Evaluation& evaluation, std::int64_t background);

}  // namespace earshot::train
