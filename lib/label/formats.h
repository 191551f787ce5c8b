#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "label/label_file.h"

// One pair of functions per format, behind parse_labels and write_labels. Text has no byte order mark and is
// valid UTF-8, except in tables (csv, dcase), whose file names may have any bytes. `name` is the file's, for
// messages. Parsers need not sort.

namespace earshot::label::formats {

Labels parse_labels_json(std::string_view text, const std::string& name);
Labels parse_audacity(std::string_view text, const std::string& name);
Labels parse_dcase(std::string_view text, const std::string& name);
Labels parse_raven(std::string_view text, const std::string& name);
Labels parse_csv(std::string_view text, const std::string& name);
Labels parse_word_bounds(std::string_view text, const std::string& name);
Labels parse_jsonl(std::string_view text, const std::string& name);
/// Takes a stream, since these files hold samples and may be far larger than memory.
Labels parse_waveform_json(std::istream& text, const std::string& name);

void write_labels_json(const Labels& labels, Output& out, const LabelWriteOptions& options);
void write_audacity(const Labels& labels, Output& out);
void write_dcase(const Labels& labels, Output& out, const LabelWriteOptions& options);
void write_raven(const Labels& labels, Output& out);
void write_csv(const Labels& labels, Output& out, const LabelWriteOptions& options);
void write_jsonl(const Labels& labels, Output& out, const LabelWriteOptions& options);
void write_word_bounds(const Labels& labels, Output& out, const LabelWriteOptions& options);

// Shared by the writers.

/// @throws Error if there is not exactly one recording
const Timeline& only_recording(const Labels& labels, LabelFormat format);
/// The name to write for a recording. @throws Error if it is "" and options name none
std::string_view recording_name(const std::string& key, LabelFormat format, const LabelWriteOptions& options);
/// @throws Error if the event is open-ended
void require_offset(const Event& event, LabelFormat format);

}  // namespace earshot::label::formats
