#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataset/recording_date.h"
#include "evaluate/judge.h"

namespace earshot::evaluate {

/// Which recordings to judge a model on.
struct ItemChoice {
    std::string labels;      // label file of all recordings; empty: labels are looked for
    std::string background;  // label of what no label of a recording covers; empty: that has none
    std::vector<dataset::DayRange> days;  // only recordings of these days; empty: all
};

struct JudgedItems {
    std::vector<JudgedItem> items;
    std::vector<std::string> warnings;
};

/// Adds the datasets and labelled recordings at these paths.
/// @param whole_background  label of everything in them that has none, for data that are all background
void add_items(JudgedItems& found, const std::vector<std::string>& paths, const ItemChoice& choice,
               const std::optional<std::string>& whole_background);

}  // namespace earshot::evaluate
