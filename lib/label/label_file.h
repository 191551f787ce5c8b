#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "label/timeline.h"
#include "support/output.h"

namespace earshot::label {

/// earshot-formats(5) defines each.
enum class LabelFormat {
    labels_json,    // {"00:00": "negative", "02:13": "positive"}
    audacity,       // onset TAB offset TAB label
    dcase,          // filename onset offset event_label
    raven,          // selection table
    csv,            // file,label for whole recordings
    word_bounds,    // {"id": [start_s, end_s]}
    waveform_json,  // {"waveforms": [[...]], "labels": ["OK", "NG"], "fs": 44100}: labels only
    jsonl           // {"file": "a.wav", "onset": 1.5, "offset": 2, "label": "cry", "score": 0.9} a line
};

/// Names as --to and --from take them: labels-json, audacity, dcase, raven, csv, word-bounds, waveform-json,
/// jsonl.
std::span<const std::string_view> label_format_names();
LabelFormat parse_label_format(std::string_view name);
std::string_view label_format_name(LabelFormat format);
/// Guesses from the name: `labels.json`, `.txt`, `.tsv`, ... Empty if the name does not say.
std::optional<LabelFormat> label_format_of_name(const std::string& path);
/// Guesses from the content, of which the beginning is enough; the name only breaks ties.
/// @throws Error naming the formats that were tried
LabelFormat guess_label_format(std::string_view text, const std::string& path);

/// The label given to events of word_bounds.json, which has no labels.
inline constexpr std::string_view kWordBoundsLabel = "phrase";

/// The contents of a label file. Formats for a single recording use the key ""; in the others, keys are as
/// written in the file: a file name, or an id without extension.
struct Labels {
    LabelFormat format;
    std::map<std::string, Timeline> recordings;
    std::vector<std::string> warnings;  // "labels.json: keys are not in order", ...

    /// The timeline of an audio file, by path, name or stem; a single "" matches any file. Null if there is
    /// none.
    const Timeline* find(const std::string& audio_path) const;
    Timeline* find(const std::string& audio_path);
};

/// The keys under which a label file may list an audio file, best first: its absolute path, that path with
/// more and more leading directories removed, then the same without extension. So `audio/a.wav`, `a.wav`
/// and `a` all find /data/audio/a.wav.
std::vector<std::string> recording_keys(const std::string& audio_path);

/// `-` is standard input.
/// @throws Error with the exact place: `labels.json: key "02:75": seconds must be below 60`
Labels read_labels(const std::string& path, std::optional<LabelFormat> format = {});
Labels parse_labels(std::string_view text, const std::string& name, LabelFormat format);

/// One column of a CSV label file with a header, by recording, such as the fold or the speaker. If a
/// recording occurs in several rows, the first counts. @throws Error listing the columns
std::map<std::string, std::string> read_label_column(const std::string& path, const std::string& column);

struct LabelWriteOptions {
    std::string gap_label = "background";  // in labels.json, where there is no event
    std::string recording;                 // name of the single recording "", for formats that name theirs
};

/// Timelines must be sorted. @throws Error if the format cannot express them (labels.json: several
/// recordings, overlaps)
void write_labels(const Labels& labels, LabelFormat format, Output& out,
                  const LabelWriteOptions& options = {});

}  // namespace earshot::label
