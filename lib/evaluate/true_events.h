#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/recording_names.h"
#include "label/timeline.h"

namespace earshot::evaluate {

/// What somebody says about recordings: their events, and how long they are.
struct TrueEvents {
    struct Recording {
        label::Timeline timeline;
        std::string sound;                 // path; empty if there is none
        std::optional<double> duration_s;  // as the file of durations says
    };
    RecordingNames names;
    std::vector<Recording> recordings;  // in the order of names
    std::vector<std::string> warnings;
};

/// Reads label files, and directories of labelled recordings or of label files.
/// @param paths      files or directories
/// @param labels     a label file for all recordings of directories; empty: looked for beside them
/// @param durations  TSV or CSV with columns filename and duration (seconds); empty: none. Recordings that
///                   only it names have no events
/// @throws Error for what can't be read
TrueEvents read_true_events(const std::vector<std::string>& paths, const std::string& labels,
                            const std::string& durations);

/// The name of the one recording that a file like clip.txt is about: clip.
std::string recording_of_file(const std::string& path);

/// Label files in a directory, sorted by name; the path itself if it is none.
std::vector<std::string> label_files(const std::string& path);

/// Whether something is known of a recording as a whole, but not when: all its labels last from its beginning
/// to its end. @param background  a label that makes no events
bool has_no_times(const label::Timeline& timeline, const std::string& background);

}  // namespace earshot::evaluate
