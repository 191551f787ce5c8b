#include <fmt/format.h>

#include <numeric>

#include "support/json_lines.h"
#include "tools/train/training_run.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

Evaluation judge(const TrainingRun& run, const Trainer& trainer, const Rows& rows) {
    Evaluation evaluation(run.set.labels);
    add_scores(run.set, rows, trainer.score(rows), evaluation);
    return evaluation;
}

/// The examples that metrics and thresholds rest on, scored.
Evaluation judge(const TrainingRun& run, const Trainer& trainer) {
    if (run.crossed) return run.crossed->held_out;
    return judge(run, trainer, run.fold.validation.empty() ? run.fold.train : run.fold.validation);
}

Json measures_of(const TrainingRun& run, const Evaluation& evaluation, const std::vector<double>& thresholds) {
    constexpr int kDecimals = 6;
    Json measures = evaluation_json(evaluation);
    const auto rates = evaluation.detection_rates(thresholds);
    for (std::size_t c = 0; c < rates.size(); ++c) {
        if (static_cast<std::int64_t>(c) == run.set.background_index()) continue;
        measures["detection"][run.set.labels[c]] = {{"threshold", thresholds[c]},
                                                    {"far", rounded(rates[c].false_alarms, kDecimals)},
                                                    {"frr", rounded(rates[c].misses, kDecimals)},
                                                    {"score", rounded(rates[c].score(), kDecimals)}};
    }
    return measures;
}

Json metrics_of(const TrainingRun& run, const Trainer& trainer, const Evaluation& judged,
                const std::vector<double>& thresholds) {
    const char* data = run.crossed ? "held-out" : run.fold.validation.empty() ? "training" : "validation";
    Json metrics{{"data", data},
                 {"thresholds_from", data},
                 {"epoch", trainer.best_epoch()},
                 {"epochs", trainer.history().size()}};
    metrics.update(measures_of(run, judged, thresholds));
    if (run.crossed) metrics["folds"] = run.crossed->folds;
    if (const Rows rows = run.set.labelled_rows(Role::test); !rows.empty()) {
        metrics["test"] = measures_of(run, judge(run, trainer, rows), thresholds);
    }
    return metrics;
}

Json provenance_of(const TrainingRun& run) {
    Json data = Json::array();
    for (const auto& item : run.set.items) {
        Rows rows(static_cast<std::size_t>(item.count));
        std::iota(rows.begin(), rows.end(), item.first);
        const char* role = item.role == Role::train        ? "train"
                           : item.role == Role::validation ? "validation"
                                                           : "test";
        data.push_back({{"file", item.path}, {"role", role}, {"hash", run.set.data_hash(rows)}});
    }
    return {
        {"command", run.context.command_line}, {"config", run.context.config_text}, {"seed", run.fit.seed},
        {"earshot", EARSHOT_VERSION},          {"libtorch", torch_version()},       {"data", data}};
}

}  // namespace

ModelFile describe_model(const TrainingRun& run, const Trainer& trainer) {
    const Evaluation judged = judge(run, trainer);
    ModelFile model;
    model.recipe = run.recipe;
    model.frontend = run.set.frontend;
    model.architecture = run.architecture;
    if (run.set.windowing != Windowing()) model.window = to_json(run.set.windowing);
    model.labels = run.set.labels;
    model.thresholds =
        run.fit.criterion == Criterion::score ? judged.balanced_thresholds() : judged.thresholds();
    model.background = run.set.background;
    model.metrics = metrics_of(run, trainer, judged, model.thresholds);
    model.provenance = provenance_of(run);
    return model;
}

}  // namespace earshot::tools
