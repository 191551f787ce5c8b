#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "label/timeline.h"
#include "label/waveform_reader.h"

namespace earshot::dataset {

/// A recording of an archive with what its labels say.
struct CatalogueEntry {
    std::string audio;          // path, as the user's words lead to it
    std::string name;           // unique in the catalogue, without directories: "sample_1"
    std::string group;          // what a split must not tear apart
    bool group_chosen = false;  // by a column of the label file
    std::optional<label::Timeline>
        timeline;                  // nothing if there are no labels of it, or none that can be used
    std::string problem;           // and then why, for people, with the remedy; or why nothing can be read
    bool labels_unusable = false;  // there are labels, so that it must not pass for unlabelled
    bool missing = false;          // there is no recording
    std::optional<label::WaveformList> waveforms;  // it is a file of labelled waveforms
};

struct Catalogue {
    std::vector<CatalogueEntry> entries;  // in the order of the inputs, directories sorted
    std::vector<std::string> warnings;    // labels of no recording, keys out of order, ...

    /// All labels that occur, sorted: the classes.
    std::vector<std::string> labels() const;
};

struct CatalogueOptions {
    std::optional<std::string> labels;        // one label file for all, instead of looking for them
    std::optional<std::string> group_column;  // of a CSV label file
    bool waveforms = false;                   // files of labelled waveforms are recordings too
    bool skip_bad = false;                    // waveforms that cannot be used are left out, with a warning
};

/// Finds recordings and their labels. An input is a file, `-`, a URL, `@list.txt` or a directory, of which
/// three layouts are known:
///  - labels beside each recording, or in its directory, or above (find_label_file): a directory for each
///    sample with `audio.*` and `labels.json`, or a directory of recordings with one label file;
///  - no label file at all and two directories or more: each is a class, named as the directory is.
/// With `waveforms`, an input may also be a file of labelled waveforms of equal length (waveform_reader.h).
/// A recording's group is its directory if that holds nothing else, else itself, or what group_column says.
/// Inputs that do not exist or hold no audio are entries with that problem.
/// @throws Error for an unreadable `labels`, or a missing group column
Catalogue find_recordings(std::span<const std::string> inputs, const CatalogueOptions& options);

}  // namespace earshot::dataset
