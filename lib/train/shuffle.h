#pragma once

#include <cstdint>

#include "train/training_set.h"

namespace earshot::train {

/// Seed of an epoch's random choices. Depends on nothing but its arguments, so that an epoch comes out the
/// same whether or not the run was interrupted before it. Unrelated for neighbouring seeds and epochs.
std::uint64_t epoch_seed(std::uint64_t seed, int epoch);

/// The rows in a random order (Fisher and Yates), the same for equal seeds on every platform.
Rows shuffled(Rows rows, std::uint64_t seed);

/// As many of the rows as there are, each class as often as any other, drawn with replacement.
Rows drawn_equally(const TrainingSet& set, const Rows& rows, std::uint64_t seed);

}  // namespace earshot::train
