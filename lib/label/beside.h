#pragma once

#include <optional>
#include <string>

namespace earshot::label {

/// Finds the label file that belongs to an audio file by its location: `clip.json`, `clip.txt`, `clip.tsv` or
/// `clip.csv` beside `clip.wav`; else `labels.json`, `labels.txt`, `labels.tsv`, `labels.csv`, `events.tsv`
/// or `word_bounds.json` in its directory, or in those above as far as `root`. Returns the first that exists.
/// @param root  where the upward search ends: the directory that the user named. Empty: do not search upward.
std::optional<std::string> find_label_file(const std::string& audio_path,
                                           const std::optional<std::string>& root = {});

}  // namespace earshot::label
