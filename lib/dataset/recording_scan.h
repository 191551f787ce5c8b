#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataset/activity.h"
#include "dataset/frame_store.h"
#include "dataset/recording.h"
#include "windows/run_finder.h"

namespace earshot::dataset {

/// A dataset file whose frames are in a FrameStore: what training needs, in little memory.
struct ScannedRecording : RecordingInfo {
    std::size_t dimension = 0;         // D
    std::size_t matrix = 0;            // in the store, rows() x D values
    std::int64_t rows = 0;             // N
    Activity activity;                 // of its labels, in the order of `labels`; the background is one
    std::vector<double> run_onsets_s;  // of the first frame of each run; 0 without `times`
    std::vector<windows::RowSpan>
        event_rows;                      // per event, the frames that begin in it; empty without `times`
    std::vector<windows::RowSpan> runs;  // of frames without a gap; a single run without `times`
    std::string frames_digest;  // hash of the frames, hexadecimal: equal for copies, whatever their labels
    std::string digest;         // of frames and classes
};

/// How finely labels are known to begin and end.
enum class Grain {
    frame,  // a frame is what `classes` says, and all else that covers more than half of it
    moment  // as `events` say, to a fraction of a frame; what lies within their resolution is unknown
};

/// Reads a dataset file once, one block at a time.
/// @throws Error like read_recording(), and for frames that are NaN or infinite, naming the row
ScannedRecording scan_recording(const std::string& path, FrameStore& store, Grain grain = Grain::frame);

}  // namespace earshot::dataset
