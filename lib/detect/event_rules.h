#pragma once

#include <optional>
#include <string>
#include <vector>

#include "detect/event_rule.h"
#include "detect/suppression_rule.h"
#include "model/model_file.h"

namespace earshot::detect {

/// The user's options for how scores become events; the rest is up to the model.
struct EventRuleOptions {
    std::vector<std::string> thresholds;      // "0.7" for all labels, "cry=0.7" for one, which has priority
    std::vector<std::string> off_thresholds;  // likewise; default: the threshold above where that is given
    // Of all labels; those that are not given are as the model has them (ModelFile::events), or 0.
    std::optional<double> min_duration_s;
    std::optional<double> merge_gap_s;
    std::optional<double> smooth_s;  // length of the median, rounded to an odd number of windows
    std::vector<std::string>
        cool_downs;  // "30s" for all labels, "cry=30s" for one, which has priority; default: none
    std::vector<std::string> confirms;      // "3/5" for all labels, "cry=3/5" for one; default: 1/1
    std::vector<std::string> suppressions;  // SuppressionRule: "crying near dog:5s"
    std::vector<std::string> labels;  // look only for these, kAnySound among them; empty: all labels of the
                                      // model but the background
    std::optional<double> min_level_dbfs;  // windows with quieter slots (SlotLevels) make no events
};

/// The label of any sound that reaches min_level_dbfs.
inline constexpr const char* kAnySound = "any";

struct EventRules {
    std::vector<EventRule> classes;  // one per label of the model, in order, then kAnySound if wanted
    std::optional<double> min_level_dbfs = {};
    std::vector<SuppressionRule> suppressions = {};  // of labels that are looked for
    std::vector<std::string> unreported = {};        // labels that are detected only because they mute others
};

/// @throws UsageError for unknown labels and numbers out of range
EventRules make_event_rules(const model::ModelFile& model, const EventRuleOptions& options, double hop_s);

}  // namespace earshot::detect
