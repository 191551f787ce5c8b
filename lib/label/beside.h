#pragma once

#include <optional>
#include <string>

namespace earshot::label {

/// The label file that speaks of an audio file by where it lies: `clip.json`, `clip.txt`, `clip.tsv` or
/// `clip.csv` beside `clip.wav`; else `labels.json`, `labels.txt`, `labels.tsv`, `labels.csv`, `events.tsv`
/// or `word_bounds.json` in its directory, or in those above as far as `root`. The first of them that exists.
/// @param root  where the search upwards ends: the directory that the user named. Nothing: do not go up.
std::optional<std::string> find_label_file(const std::string& audio_path,
                                           const std::optional<std::string>& root = {});

}  // namespace earshot::label
