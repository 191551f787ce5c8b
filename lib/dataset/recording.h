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

/// The type of the frames in a dataset NPZ. float16 takes half the space and has 11 significant bits.
enum class FrameType { float32, float16 };

/// The most classes of a dataset. Readers refuse more, since a stranger's class numbers become names in
/// memory.
inline constexpr std::int64_t kMaxClasses = 1 << 16;

/// Everything in a dataset NPZ but its frames. earshot-formats(5), DATASETS.
struct RecordingInfo {
    std::vector<std::string> labels;   // class names
    std::vector<label::Event> events;  // the timeline that the frames' labels come from
    double low_hz = 0, high_hz = 0;    // cutoff_frequencies
    nlohmann::ordered_json frontend;   // null if unknown (NPZs of the original programs)
    std::string recipe;                // that the settings came from; empty if none
    /// A stretch of time about which labels say everything: what they don't name does not sound in it.
    struct Stretch {
        double onset_s, offset_s;
        bool operator==(const Stretch&) const = default;
    };
    std::vector<Stretch> labelled;
    double resolution_s = 0;          // Timeline::resolution_s
    bool says_labelled = false;       // false in files made before there was `labelled`
    std::vector<std::int64_t> weak;   // of each class: 1 if it sounds somewhere, 0 if nowhere, -1 if nobody
                                      // said; empty without labels of the whole recording
    std::string file;                 // source recording
    std::string group;                // recordings of one group never sit on both sides of a split
    std::string content_hash;         // hash of audio, labels and settings; empty if unknown
    std::vector<std::string> damage;  // places that could not be decoded: "at 12.300 s: invalid data"
};

/// A dataset NPZ: the frames of one recording with their labels.
struct Recording : RecordingInfo {
    std::size_t dimension = 0;          // D
    std::vector<float> frames;          // N x D, row-major
    std::vector<std::int64_t> classes;  // N indices into labels, -1 for unlabelled frames
    std::vector<double> times;          // N onsets, seconds; empty if unknown

    std::size_t size() const { return classes.size(); }
    std::span<const float> frame(std::size_t i) const {
        return std::span(frames).subspan(i * dimension, dimension);
    }
};

/// `-` is standard output. Equal recordings give equal bytes.
void write_recording(const Recording& recording, const std::string& path, bool compress = true);
void write_recording(const Recording& recording, Output& out, bool compress);

/// Reads our NPZs and those of the original programs, which have only samples, classes and
/// cutoff_frequencies: class names are then the numbers, group and file the path. `-` is standard input.
/// @throws Error if anything is inconsistent, before allocating memory that a hostile header asks for
Recording read_recording(const std::string& path);

/// A recording without frames and times, which make it large.
struct RecordingSummary : RecordingInfo {
    std::vector<std::int64_t> classes;
};
RecordingSummary read_recording_summary(const std::string& path);

/// The content_hash of a dataset file, without reading its frames; nothing if absent or unreadable.
std::optional<std::string> read_content_hash(const std::string& path);

/// The source recording of a dataset file (RecordingInfo::file), without reading its frames; empty if
/// unreadable.
std::string read_source_file(const std::string& path);

/// The recipe of a dataset file (RecordingInfo::recipe), without reading its frames; empty if there is none,
/// or the file is unreadable.
std::string read_recipe(const std::string& path);

/// Whether the frames of a dataset file are vectors of a pretrained network, without reading them; false if
/// unreadable.
bool has_vectors(const std::string& path);

/// All NPZs in a directory, sorted by name. @throws Error if there are none
std::vector<std::string> dataset_files(const std::string& directory);

}  // namespace earshot::dataset
