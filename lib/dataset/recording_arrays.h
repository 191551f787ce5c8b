#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "dataset/recording.h"

namespace earshot::dataset {

/// The columns of a recording as bytes, in pieces of any size, from memory or from files.
struct RecordingColumns {
    using Pieces = std::function<void(const std::function<void(std::string_view)>& sink)>;
    std::size_t rows = 0, dimension = 0;
    Pieces samples, classes, times;  // rows x dimension floats or halves, rows int64, rows doubles
    FrameType type = FrameType::float32;
};

/// Writes the arrays of a dataset NPZ. Used for writing one at once and row by row.
/// @throws Error if an event's label is not among info.labels
void write_recording_arrays(const RecordingInfo& info, const RecordingColumns& columns, Output& out,
                            bool compress);

}  // namespace earshot::dataset
