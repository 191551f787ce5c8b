#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "train/cross_validation.h"
#include "train/folds.h"
#include "train/thresholds.h"
#include "train/trainer.h"
#include "train/training_set.h"

namespace earshot::model {

/// What a training run learns, from which data and how. Fixed before its first epoch.
struct Training {
    std::string recipe = {};
    train::TrainingSet set = {};
    nlohmann::ordered_json architecture = {};
    train::FitOptions fit = {};
    train::ThresholdWish thresholds = {};
    train::Fold fold = {};
    std::optional<train::CrossValidation> crossed = {};
};

}  // namespace earshot::model
