#pragma once

#include <optional>
#include <string>
#include <vector>

#include "detect/event_detector.h"
#include "model/model_file.h"

namespace earshot::detect {

/// What a user may say about how scores become events; the model says the rest.
struct EventRuleOptions {
    std::vector<std::string> thresholds;      // "0.7" for all labels, "cry=0.7" for one, which wins
    std::vector<std::string> off_thresholds;  // likewise; the threshold to begin if not given
    double min_duration_s = 0;
    double merge_gap_s = 0;
    double smooth_s = 0;  // of the median: the nearest odd number of windows
    std::vector<std::string>
        cool_downs;  // "30s" for all labels, "cry=30s" for one, which wins; none if not given
    std::vector<std::string> labels;  // the only ones to make events, kAnySound among them; empty: those of
                                      // the model but the background
    std::optional<double> min_level_dbfs;  // windows whose slots are quieter (SlotLevels) make no events
};

/// The label of whatever is as loud as the least level.
inline constexpr const char* kAnySound = "any";

struct EventRules {
    std::vector<EventRule>
        classes;  // one per label of the model in its order, then that of kAnySound if wanted
    std::optional<double> min_level_dbfs;
};

/// @throws UsageError for labels that the model does not have and numbers out of bounds
EventRules make_event_rules(const model::ModelFile& model, const EventRuleOptions& options, double hop_s);

}  // namespace earshot::detect
