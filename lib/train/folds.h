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
    group,  // recordings of one group stay together: results hold for new recordings
    frame   // nothing: neighbouring frames, nearly alike, end up on both sides
};

/// What happens to a label that a split would leave nothing of to learn from.
enum class Scarce {
    refuse,  // an error that names it
    learn    // its recordings (or frames) are learnt instead of held out, so that nothing judges it there
};

/// Holds out about the fraction `share` of the training items' labelled frames, of every class as far as
/// groups allow. 0 holds out nothing; with Scarce::learn, so may a set of few recordings.
/// @throws Error with Scarce::refuse, if there is one group only, or all frames of a class would be held out
Fold hold_out(const TrainingSet& set, SplitBy by, double share, std::uint64_t seed,
              Scarce scarce = Scarce::refuse);

/// Makes about the fraction `share` of the training items' examples test data and keeps groups whole. Neither
/// weights nor thresholds depend on test data, so its figures hold for new recordings.
/// @throws Error if there are too few groups, or all examples of a class would be set aside
void set_aside_test(TrainingSet& set, double share, std::uint64_t seed);

/// Splits the rows into k folds. Each row is held out in one of them; with Scarce::learn, in one at most.
/// Then there are no more folds than groups, none without anything held out, and perhaps none at all.
/// @throws Error with Scarce::refuse, if there are fewer groups than folds, or a fold would have to learn
/// without one of the classes
std::vector<Fold> cross_validation_folds(const TrainingSet& set, SplitBy by, int folds, std::uint64_t seed,
                                         Scarce scarce = Scarce::refuse);

/// How many folds suit a set if learning takes no time: five, or each recording by itself if there are few.
int usual_folds(const TrainingSet& set);

/// How many groups of recordings some rows are from.
std::size_t count_groups(const TrainingSet& set, const Rows& rows);

}  // namespace earshot::train
