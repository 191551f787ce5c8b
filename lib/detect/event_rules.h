#pragma once

#include <string>
#include <vector>

#include "detect/event_detector.h"
#include "model/model_file.h"

namespace earshot {

/// What a user may say about how scores become events; the model says the rest.
struct EventRuleOptions {
    std::vector<std::string> thresholds;      // "0.7" for all labels, "cry=0.7" for one, which wins
    std::vector<std::string> off_thresholds;  // likewise; the threshold to begin if not given
    double min_duration_s = 0;
    double merge_gap_s = 0;
    double smooth_s = 0;              // of the median: the nearest odd number of windows
    std::vector<std::string> labels;  // the only ones to make events; empty: all but the background
};

/// One rule per label of the model, in its order.
/// @throws UsageError for labels that the model does not have and numbers out of bounds
std::vector<EventRule> make_event_rules(const ModelFile& model, const EventRuleOptions& options,
                                        double hop_s);

}  // namespace earshot
