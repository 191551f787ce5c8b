#pragma once

#include <cstdint>

#include "train/training_set.h"

namespace earshot::train {

/// The seed for an epoch's random choices. It depends on its arguments alone, so an epoch gives the same
/// result whether or not the run was interrupted before it. Neighbouring seeds and epochs get unrelated
/// seeds.
std::uint64_t epoch_seed(std::uint64_t seed, int epoch);

/// The rows in a random order (Fisher and Yates), the same for equal seeds on every platform.
Rows shuffled(Rows rows, std::uint64_t seed);

/// Draws as many rows as there are, with replacement, each class equally often.
Rows drawn_equally(const TrainingSet& set, const Rows& rows, std::uint64_t seed);

}  // namespace earshot::train
