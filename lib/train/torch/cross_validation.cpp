#include "train/cross_validation.h"

#include <algorithm>

#include "support/error.h"
#include "support/interrupt.h"
#include "support/json_lines.h"

namespace earshot::train {

using Json = nlohmann::ordered_json;

void add_fold(CrossValidation& result, const TrainingSet& set, const Rows& rows,
              const std::vector<float>& scores, int epochs) {
    metrics::Evaluation judged(set.labels);
    add_scores(set, rows, scores, judged);
    result.rows.insert(result.rows.end(), rows.begin(), rows.end());
    result.scores.insert(result.scores.end(), scores.begin(), scores.end());
    const auto& confusion = judged.confusion();
    result.folds.push_back({{"epochs", epochs},
                            {"windows", confusion.total()},
                            {"accuracy", rounded(confusion.accuracy(), 6)},
                            {"balanced_accuracy", rounded(confusion.balanced_accuracy(), 6)},
                            {"macro_f1", rounded(confusion.macro_f1(), 6)}});
}

CrossValidation cross_validate(const TrainingSet& set, const Json& architecture,
                               const std::vector<Fold>& folds, const FitOptions& options,
                               const std::function<void(std::size_t fold, const Epoch&)>& on_epoch) {
    CrossValidation result;
    std::vector<int> best_epochs;
    for (std::size_t i = 0; i < folds.size(); ++i) {
        Trainer trainer(set, architecture, folds[i].train, folds[i].validation, options);
        while (!trainer.finished()) {
            check_interrupt();
            const auto epoch = trainer.run_epoch();
            if (!epoch) throw Interrupted();
            on_epoch(i, *epoch);
        }
        trainer.fit_output();
        const Rows& rows = folds[i].validation;
        add_fold(result, set, rows, trainer.score(rows), trainer.best_epoch());
        best_epochs.push_back(trainer.best_epoch());
    }
    std::ranges::nth_element(best_epochs, best_epochs.begin() + best_epochs.size() / 2);
    result.epochs = best_epochs[best_epochs.size() / 2];
    return result;
}

}  // namespace earshot::train
