#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "train/cross_validation.h"
#include "train/event_choice.h"
#include "train/folds.h"
#include "train/thresholds.h"
#include "train/trainer.h"
#include "train/training_set.h"

namespace earshot::train {

/// What a training run learns, from which data and how. Fixed before its first epoch.
struct Training {
    std::string recipe = {};
    TrainingSet set = {};
    nlohmann::ordered_json architecture = {};
    FitOptions fit = {};
    ThresholdWish thresholds = {};
    Objective objective = Objective::event_f1;  // of the event rules
    Fold fold = {};
    std::optional<CrossValidation> crossed = {};
};

}  // namespace earshot::train
