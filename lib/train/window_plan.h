#pragma once

#include <cstdint>
#include <vector>

#include "train/training_set.h"

namespace earshot::train {

/// A window of a recording.
struct WindowPlace {
    std::int64_t example;  // that it belongs to
    std::int64_t first;    // frame of the recording
};

/// Every window of some examples, example after example: what they are judged by. An example that is a window
/// has that one; one that is a recording has those that cover it.
std::vector<WindowPlace> all_windows(const TrainingSet& set, const Rows& examples);

/// Windows to learn some examples from, example after example, the same for equal seeds on every platform. An
/// example that is a window has that one. One that is a recording has `per_recording`: the first shows its
/// label where that is known to be heard, centred on one of its marks or, of a mark longer than a window,
/// anywhere within it; the others lie anywhere.
std::vector<WindowPlace> drawn_windows(const TrainingSet& set, const Rows& examples, int per_recording,
                                       std::uint64_t seed);

}  // namespace earshot::train
