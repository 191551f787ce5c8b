#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "model/training_set.h"

namespace earshot {

/// Scores of some rows with their truths, pooled over folds if there are several.
struct Judged {
    std::vector<float> scores;         // rows x classes, probabilities
    std::vector<std::int64_t> truths;  // rows, class indices

    void add(const TrainingSet& set, const Rows& rows, std::span<const float> scores_of_rows);
};

/// A threshold per class: the one with the highest F1 of this class against the others. 0.5 for a class that
/// does not occur, or that nothing else occurs beside.
std::vector<double> choose_thresholds(const Judged& judged, std::size_t classes);

/// Measures as model.json keeps them: frames, accuracy, balanced_accuracy, macro_f1, per label precision,
/// recall, f1, frames, roc_auc and average_precision, and the confusion matrix (rows are truth). A ratio over
/// nothing is null. The prediction is the class with the highest score.
nlohmann::ordered_json measure(const Judged& judged, std::span<const std::string> labels);

}  // namespace earshot
