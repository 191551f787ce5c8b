#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "metrics/evaluation.h"
#include "train/folds.h"
#include "train/trainer.h"

namespace earshot::train {

struct CrossValidation {
    Rows rows;                  // every row, ordered by fold
    std::vector<float> scores;  // one per label, by the network that had not seen the recording
    nlohmann::ordered_json folds = nlohmann::ordered_json::array();  // a list: epochs, windows, accuracy,
                                                                     // balanced_accuracy, macro_f1 of each
    int epochs = 0;  // median of the folds' best epochs: how long to train on everything
};

/// Trains a network on the training rows of each fold and scores the held-out rows, which also stop training
/// early. All folds use the same network seed.
/// @param on_epoch  called after each epoch with the fold's index
/// @throws Interrupted if the user asked to stop: half a cross-validation has no result
CrossValidation cross_validate(const TrainingSet& set, const nlohmann::ordered_json& architecture,
                               const std::vector<Fold>& folds, const FitOptions& options,
                               const std::function<void(std::size_t fold, const Epoch&)>& on_epoch);

/// Adds the scores of a fold's held-out rows, and its figures. @param epochs  how long it learnt
void add_fold(CrossValidation& result, const TrainingSet& set, const Rows& rows,
              const std::vector<float>& scores, int epochs);

}  // namespace earshot::train
