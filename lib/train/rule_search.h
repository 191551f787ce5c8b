#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "train/event_choice.h"

namespace earshot::train {

/// Which of the scores of a row are a label's.
struct LabelColumn {
    std::string name;
    std::size_t column, columns;
};

struct ChosenRule {
    model::EventDefaults rule;
    bool reached = true;  // it has no more false alarms than Objective::false_alarms allows
};

/// The rule that makes the best events of a label's scores, among some 30 000. With few events it stays near
/// what their lengths suggest: one rule of so many fits them best by luck.
/// @param runs       at least one
/// @param threshold  to begin an event, if it is given
/// @return           nothing if the label never happens, unless false alarms are to be avoided
std::optional<ChosenRule> search_rule(std::span<const HeldOutRun* const> runs, const LabelColumn& label,
                                      std::optional<double> threshold, const EventWish& wish);

}  // namespace earshot::train
