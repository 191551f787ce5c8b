#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "label/label_file.h"

// One pair of functions a format, behind parse_labels and write_labels. Text is valid UTF-8 without a byte
// order mark; `name` is the file's, for messages. Parsers need not sort.

namespace earshot::formats {

Labels parse_labels_json(std::string_view text, const std::string& name);
Labels parse_audacity(std::string_view text, const std::string& name);
Labels parse_dcase(std::string_view text, const std::string& name);
Labels parse_raven(std::string_view text, const std::string& name);
Labels parse_csv(std::string_view text, const std::string& name);
Labels parse_word_bounds(std::string_view text, const std::string& name);
/// A stream, since these files hold samples and may be far larger than memory.
Labels parse_waveform_json(std::istream& text, const std::string& name);

}  // namespace earshot::formats
