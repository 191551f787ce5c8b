#pragma once

#include <optional>
#include <span>
#include <vector>

#include "metrics/open_set.h"
#include "train/training_set.h"

namespace earshot::train {

/// What thresholds shall achieve, one of the two.
struct ThresholdWish {
    std::optional<double> precision;              // of each label, (0, 1]
    std::optional<double> false_alarms_per_hour;  // of each label on background, >= 0
    bool any() const { return precision || false_alarms_per_hour; }
};

/// A threshold for each label of a set: the lowest that fulfils the wish on some examples. Against a label
/// stand the examples of all others, of the background, and those that are unknown; false alarms are counted
/// on the latter two, and the background, which makes none, gets the threshold of cautious_f1_threshold.
/// @param rows    ascending within each recording
/// @param scores  one per label of the set
/// @throws Error if false alarms are to be counted and there is no background among the rows
std::vector<metrics::WantedThreshold> choose_thresholds(const TrainingSet& set,
                                                        std::span<const std::int64_t> rows,
                                                        std::span<const float> scores,
                                                        const ThresholdWish& wish);

}  // namespace earshot::train
