#include "model/cross_validation.h"

#include <algorithm>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot {

using Json = nlohmann::ordered_json;

CrossValidation cross_validate(const TrainingSet& set, const Json& architecture,
                               const std::vector<Fold>& folds, const FitOptions& options,
                               const std::function<void(std::size_t fold, const Epoch&)>& on_epoch) {
    CrossValidation result;
    result.folds = Json::array();
    std::vector<int> best_epochs;
    for (std::size_t i = 0; i < folds.size(); ++i) {
        Trainer trainer(set, architecture, folds[i].train, folds[i].validation, options);
        while (!trainer.finished()) {
            check_interrupt();
            const auto epoch = trainer.run_epoch();
            if (!epoch) throw Interrupted();
            on_epoch(i, *epoch);
        }
        Judged judged;
        judged.add(set, folds[i].validation, trainer.score(folds[i].validation));
        const Json measures = measure(judged, set.labels);
        Json row{{"epochs", trainer.best_epoch()}};
        for (const char* key : {"frames", "accuracy", "balanced_accuracy", "macro_f1"})
            row[key] = measures[key];
        result.folds.push_back(row);
        result.held_out.add(set, folds[i].validation, judged.scores);
        best_epochs.push_back(trainer.best_epoch());
    }
    std::ranges::nth_element(best_epochs, best_epochs.begin() + best_epochs.size() / 2);
    result.epochs = best_epochs[best_epochs.size() / 2];
    return result;
}

}  // namespace earshot
