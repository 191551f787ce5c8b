#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "label/timeline.h"
#include "support/output.h"

namespace earshot {

/// earshot-formats(5) defines each.
enum class LabelFormat {
    labels_json,   // {"00:00": "negative", "02:13": "positive"}
    audacity,      // onset TAB offset TAB label
    dcase,         // filename onset offset event_label
    raven,         // selection table
    csv,           // file,label for whole recordings
    word_bounds,   // {"id": [start_s, end_s]}
    waveform_json  // {"waveforms": [[...]], "labels": ["OK", "NG"], "fs": 44100}: labels only
};

LabelFormat parse_label_format(std::string_view name);  // as --to and --from take it
std::string_view label_format_name(LabelFormat format);
/// From the content, the name only breaking ties. @throws Error naming the formats that were tried
LabelFormat guess_label_format(std::string_view text, const std::string& path);

/// What a label file says. Formats that speak of one recording have the single key "".
/// Keys of the others are as written in the file: a file name, or an id without extension.
struct Labels {
    LabelFormat format;
    std::map<std::string, Timeline> recordings;
    std::vector<std::string> warnings;  // "labels.json: keys are not in order", ...

    /// Timeline of an audio file: by path, else name, else stem; the single "" for any. Null if none.
    const Timeline* find(const std::string& audio_path) const;
};

/// @throws Error with the exact place: `labels.json: key "02:75": seconds must be below 60`
Labels read_labels(const std::string& path, std::optional<LabelFormat> format = {});
Labels parse_labels(std::string_view text, const std::string& name, LabelFormat format);

/// @throws Error if the format cannot say it (several recordings in labels.json, overlaps in it, ...)
void write_labels(const Labels& labels, LabelFormat format, Output& out);

}  // namespace earshot
