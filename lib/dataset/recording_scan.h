#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataset/class_runs.h"
#include "dataset/frame_store.h"
#include "dataset/recording.h"
#include "windows/windows.h"

namespace earshot::dataset {

/// A dataset file whose frames are in a FrameStore: what training needs of it, in little memory.
struct ScannedRecording : RecordingInfo {
    std::size_t dimension = 0;  // D
    std::size_t matrix = 0;     // in the store, rows() x D values
    ClassRuns classes;          // of the frames
    std::vector<windows::RowSpan>
        event_rows;  // of each of `events`, the frames that begin in it; none without `times`
    std::vector<windows::RowSpan>
        runs;                   // of frames without a break: one where the file does not say when they begin
    std::string frames_digest;  // of the frames, in hexadecimal: equal for copies, whatever their labels
    std::string digest;         // of frames and classes

    std::int64_t rows() const { return classes.rows(); }
};

/// Reads a dataset file through once, a block at a time.
/// @throws Error as read_recording(), and for frames that are NaN or infinite, naming the row
ScannedRecording scan_recording(const std::string& path, FrameStore& store);

}  // namespace earshot::dataset
