#pragma once

#include <cstdint>
#include <vector>

#include "train/training_set.h"

namespace earshot::train {

/// A window of a recording.
struct WindowPlace {
    std::int64_t example;  // the one that it belongs to
    std::int64_t first;    // frame of the recording
};

/// All windows of some examples, ordered by example, for scoring. An example that is a window has that one; a
/// recording has those that cover it.
std::vector<WindowPlace> all_windows(const TrainingSet& set, const Rows& examples);

/// Windows to learn some examples from, ordered by example; equal seeds give equal windows on every platform.
/// An example that is a window has that one; one of many steps is moved by up to half its hop, so that a
/// sound is not always in the same place. A recording has `per_recording` windows. If it is known where its
/// label occurs, the first is centred on one of these marks, or is anywhere within a mark longer than a
/// window. The others lie anywhere.
std::vector<WindowPlace> drawn_windows(const TrainingSet& set, const Rows& examples, int per_recording,
                                       std::uint64_t seed);

}  // namespace earshot::train
