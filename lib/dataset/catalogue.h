#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "label/timeline.h"
#include "label/waveform_reader.h"

namespace earshot::dataset {

/// A recording that was found, with its labels.
struct CatalogueEntry {
    std::string audio;                        // path, as reached from what the user gave
    std::string name;                         // unique in the catalogue, without directories: "sample_1"
    std::string group;                        // recordings of one group stay on one side of a split
    bool group_chosen = false;                // by a column of the label file
    std::optional<label::Timeline> timeline;  // none if it has no labels, or none that can be used
    std::string problem;           // then the reason and the remedy, for people; or why it can't be read
    bool labels_unusable = false;  // it has labels, so it must not count as unlabelled
    bool missing = false;          // the recording does not exist
    std::optional<label::WaveformList> waveforms;  // if it is a file of labelled waveforms
};

struct Catalogue {
    std::vector<CatalogueEntry> entries;  // in the order of the inputs, directories sorted
    std::vector<std::string> warnings;    // labels without a recording, keys out of order, ...

    /// All labels that occur, sorted: the classes.
    std::vector<std::string> labels() const;
};

struct CatalogueOptions {
    std::optional<std::string> labels;        // one label file for all, instead of searching
    std::optional<std::string> group_column;  // of a CSV label file
    bool waveforms = false;                   // files of labelled waveforms count as recordings
    bool skip_bad = false;                    // skip waveforms that can't be used, with a warning
};

/// Finds recordings and their labels. An input is a file, `-`, a URL, `@list.txt` or a directory. Three
/// layouts of directories are known:
///  - labels beside each recording, in its directory, or above (find_label_file): a directory per sample with
///    `audio.*` and `labels.json`, or a directory of recordings with one label file;
///  - no label file at all and at least two directories: each directory is a class and gives it its name.
/// With `waveforms`, an input may also be a file of labelled waveforms of equal length (waveform_reader.h).
/// A recording's group is what group_column says, else its directory if that holds nothing else, else itself.
/// Inputs that don't exist or hold no audio become entries with that problem.
/// @throws Error for an unreadable `labels`, or a missing group column
Catalogue find_recordings(std::span<const std::string> inputs, const CatalogueOptions& options);

}  // namespace earshot::dataset
