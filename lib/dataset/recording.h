#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "label/timeline.h"
#include "support/output.h"

namespace earshot::dataset {

/// How a dataset NPZ keeps its frames. 16 bits take half the space and round to 11 significant ones.
enum class FrameType { float32, float16 };

/// What a dataset NPZ says besides its frames. earshot-formats(5), DATASETS.
struct RecordingInfo {
    std::vector<std::string> labels;   // class names
    std::vector<label::Event> events;  // the timeline that the frames were labelled from
    double low_hz = 0, high_hz = 0;    // cutoff_frequencies
    nlohmann::ordered_json frontend;   // null where the file does not say (originals' NPZs)
    std::string file;                  // source recording
    std::string group;                 // recordings of one group never sit on both sides of a split
    std::string content_hash;          // of audio, labels and settings; empty where the file does not say
    std::vector<std::string> damage;   // what of the source could not be decoded: "at 12.300 s: invalid data"
};

/// Frames of one recording with their labels: what a dataset NPZ holds.
struct Recording : RecordingInfo {
    std::size_t dimension = 0;          // D
    std::vector<float> frames;          // N x D, row-major
    std::vector<std::int64_t> classes;  // N indices into labels, -1 for unlabelled frames
    std::vector<double> times;          // N onsets, seconds; none where the file does not say

    std::size_t size() const { return classes.size(); }
    std::span<const float> frame(std::size_t i) const {
        return std::span(frames).subspan(i * dimension, dimension);
    }
};

/// `-` is standard output. Equal recordings make equal bytes.
void write_recording(const Recording& recording, const std::string& path, bool compress = true);
void write_recording(const Recording& recording, Output& out, bool compress);

/// Reads ours and the original's (only samples, classes and cutoff_frequencies: class names are then their
/// numbers, group and file the path). `-` is standard input.
/// @throws Error for anything inconsistent, before taking memory that a hostile header asks for
Recording read_recording(const std::string& path);

/// All but the frames and their times: read_recording(path) without what makes it large.
struct RecordingSummary : RecordingInfo {
    std::vector<std::int64_t> classes;
};
RecordingSummary read_recording_summary(const std::string& path);

/// The content_hash of a dataset file without reading its frames; nothing if absent or unreadable.
std::optional<std::string> read_content_hash(const std::string& path);

/// The source recording of a dataset file (RecordingInfo::file) without reading its frames; empty if
/// unreadable.
std::string read_source_file(const std::string& path);

/// All NPZs of a directory, sorted by name. @throws Error if it has none
std::vector<std::string> dataset_files(const std::string& directory);

}  // namespace earshot::dataset
