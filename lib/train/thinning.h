#pragma once

#include "train/training_set.h"

namespace earshot::train {

/// How many of each label to keep so that at most `most` remain in all, at least one of each that has any:
/// labels with few keep all, the others as many as each other.
std::vector<std::int64_t> thinned_counts(std::span<const std::int64_t> counts, std::size_t most);

/// The examples themselves: of each label (TrainingSet::label_of()) so many, evenly spread over those that it
/// has, so that all of its recordings have a say. Ascending, as `rows` must be.
Rows thinned(const TrainingSet& set, const Rows& rows, std::size_t most);

}  // namespace earshot::train
