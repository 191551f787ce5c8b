#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "train/cross_validation.h"

namespace earshot::train {

struct PenaltyChoice {
    double penalty;
    CrossValidation crossed;  // with it
};

/// Chooses the penalty of --arch linear: of all half powers of ten, the one with the lowest loss on held-out
/// rows, searched downhill from network::usual_penalty(); a lower penalty has to be worth one per cent. The
/// penalty of the architecture, if it has one, is not changed, only judged. Standardisation and axes are
/// those of all rows, which know no labels; weights of labels are those of each fold.
/// @param folds    none empty
/// @param on_step  called after each penalty, with it and its loss per held-out row
PenaltyChoice choose_penalty(const TrainingSet& set, const nlohmann::ordered_json& architecture,
                             const std::vector<Fold>& folds, const FitOptions& options,
                             const std::function<void(double penalty, double loss)>& on_step);

}  // namespace earshot::train
