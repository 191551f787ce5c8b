#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataset/activity.h"
#include "dataset/class_runs.h"
#include "dataset/frame_store.h"
#include "dataset/recording.h"
#include "windows/run_finder.h"

namespace earshot::dataset {

/// A dataset file whose frames are in a FrameStore: what training needs, in little memory.
struct ScannedRecording : RecordingInfo {
    std::size_t dimension = 0;         // D
    std::size_t matrix = 0;            // in the store, rows() x D values
    ClassRuns classes;                 // of the frames
    Activity activity;                 // of its labels, in the order of `labels`
    std::vector<double> run_onsets_s;  // of the first frame of each run; 0 without `times`
    std::vector<windows::RowSpan>
        event_rows;                      // per event, the frames that begin in it; empty without `times`
    std::vector<windows::RowSpan> runs;  // of frames without a gap; a single run without `times`
    std::string frames_digest;  // hash of the frames, hexadecimal: equal for copies, whatever their labels
    std::string digest;         // of frames and classes

    std::int64_t rows() const { return classes.rows(); }
};

/// Reads a dataset file once, one block at a time.
/// @throws Error like read_recording(), and for frames that are NaN or infinite, naming the row
ScannedRecording scan_recording(const std::string& path, FrameStore& store);

}  // namespace earshot::dataset
