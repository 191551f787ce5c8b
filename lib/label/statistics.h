#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "label/timeline.h"

namespace earshot::label {

/// Number, duration and fraction of events per label, over the timelines of many recordings.
class LabelStatistics {
 public:
    struct Row {
        std::string label;
        std::size_t count = 0;
        std::size_t open = 0;  // of them, open-ended ones
        double total_s = 0;    // of the others
        double median_s = 0;   // of the others; NaN if there are none
        double share = 0;      // of the labelled time, 0 to 1; NaN if there is none
    };

    void add(const Timeline& timeline);
    std::vector<Row> rows() const;  // by label
    Row sum() const;                // over all labels, named ""

 private:
    struct Durations {
        std::size_t open = 0;
        std::vector<double> seconds;
    };
    std::map<std::string, Durations> labels_;
};

}  // namespace earshot::label
