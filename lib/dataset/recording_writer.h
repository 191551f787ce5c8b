#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataset/recording.h"
#include "npz/half.h"
#include "support/temporary_file.h"

namespace earshot::dataset {

/// Takes the frames of a recording one by one, and writes the NPZ once their number is known. Until then they
/// are in temporary files, so memory does not grow with the length of the recording.
class RecordingWriter {
 public:
    explicit RecordingWriter(std::size_t dimension, FrameType type = FrameType::float32)
        : dimension_(dimension), type_(type), halves_(type == FrameType::float16 ? dimension : 0) {}

    /// @param frame        `dimension` numbers
    /// @param class_index  index into the labels, -1 for none
    /// @throws Error if a number of the frame does not fit into 16 bits
    void add(std::span<const float> frame, double onset_s, std::int64_t class_index);
    std::size_t rows() const { return rows_; }

    /// @throws Error if an event's label is not among info.labels
    void write(const RecordingInfo& info, Output& out, bool compress);

 private:
    std::size_t dimension_, rows_ = 0;
    FrameType type_;
    std::vector<npz::Half> halves_;  // a frame
    TemporaryFile samples_, classes_, times_;
};

}  // namespace earshot::dataset
