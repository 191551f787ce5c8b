#pragma once

#include <cstdint>
#include <vector>

#include "train/training_set.h"

namespace earshot::train {

/// Rows to learn from and rows to judge by.
struct Fold {
    Rows train, validation;
};

/// What stays whole in a split.
enum class SplitBy {
    group,  // recordings of one group stay together: the honest way
    frame   // nothing: neighbouring frames of one recording, nearly alike, fall on both sides
};

/// Holds out about `share` of the training items' labelled frames, every class in proportion as far as groups
/// allow. share 0 holds out nothing.
/// @throws Error if there is one group only, or all frames of a class would be held out
Fold hold_out(const TrainingSet& set, SplitBy by, double share, std::uint64_t seed);

/// Makes about `share` of the training items' examples test data, groups kept whole: recordings that choose
/// neither weights nor thresholds, for figures that hold elsewhere.
/// @throws Error if there are too few groups, or all examples of a class would be set aside
void set_aside_test(TrainingSet& set, double share, std::uint64_t seed);

/// k folds, each row held out in one of them.
/// @throws Error if there are fewer groups than folds, or a fold would have to learn without one of the
/// classes
std::vector<Fold> cross_validation_folds(const TrainingSet& set, SplitBy by, int folds, std::uint64_t seed);

}  // namespace earshot::train
