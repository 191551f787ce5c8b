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
/// What a file of this name would hold: `labels.json`, `.txt`, `.tsv`, ... Nothing if the name does not say.
std::optional<LabelFormat> label_format_of_name(const std::string& path);
/// From the content, of which the beginning will do, the name only breaking ties.
/// @throws Error naming the formats that were tried
LabelFormat guess_label_format(std::string_view text, const std::string& path);

/// The label of the events of word_bounds.json, which names none.
inline constexpr std::string_view kWordBoundsLabel = "phrase";

/// What a label file says. Formats that speak of one recording have the single key "".
/// Keys of the others are as written in the file: a file name, or an id without extension.
struct Labels {
    LabelFormat format;
    std::map<std::string, Timeline> recordings;
    std::vector<std::string> warnings;  // "labels.json: keys are not in order", ...

    /// Timeline of an audio file: by path, else name, else stem; the single "" for any. Null if none.
    const Timeline* find(const std::string& audio_path) const;
    Timeline* find(const std::string& audio_path);
};

/// The keys under which a label file may speak of an audio file, best first: its absolute path, that path
/// with ever more directories taken off in front, then the same without extension. So `audio/a.wav`, `a.wav`
/// and `a` all find /data/audio/a.wav.
std::vector<std::string> recording_keys(const std::string& audio_path);

/// `-` is standard input.
/// @throws Error with the exact place: `labels.json: key "02:75": seconds must be below 60`
Labels read_labels(const std::string& path, std::optional<LabelFormat> format = {});
Labels parse_labels(std::string_view text, const std::string& name, LabelFormat format);

/// One column of a CSV label file with a header, by recording: the fold, the speaker, ... A recording that
/// occurs in several rows has the value of the first. @throws Error naming the columns that there are
std::map<std::string, std::string> read_label_column(const std::string& path, const std::string& column);

struct LabelWriteOptions {
    std::string gap_label = "background";  // in labels.json, for what no event covers
    std::string recording;                 // name of the single recording "", for formats that name theirs
};

/// Timelines must be sorted. @throws Error if the format cannot say it (several recordings in labels.json,
/// overlaps in it, ...)
void write_labels(const Labels& labels, LabelFormat format, Output& out,
                  const LabelWriteOptions& options = {});

}  // namespace earshot::label
