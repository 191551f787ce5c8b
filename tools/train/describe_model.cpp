#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "model/open_set_scorer.h"
#include "support/json_lines.h"
#include "tools/driver/version.h"
#include "tools/train/training_run.h"
#include "train/thresholds.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

/// Examples with a label, or known to have none of them, beside their scores for the labels of the set.
struct Judged {
    train::Rows rows;
    std::vector<float> scores;
};

bool is_learnt(const train::TrainingSet& set, std::int64_t row) {
    return set.classes[static_cast<std::size_t>(row)] >= 0;
}

/// The examples that metrics and thresholds rest on. None of the unknown ones has been learnt from, so that
/// all but those of the test data are among them.
Judged judge(const TrainingRun& run, const train::Trainer& trainer) {
    Judged judged;
    if (run.crossed) {
        judged = {run.crossed->rows, run.crossed->scores};
    } else {
        judged.rows = run.fold.validation.empty() ? run.fold.train : run.fold.validation;
        judged.scores = trainer.score(judged.rows);
    }
    for (const train::Role role : {train::Role::train, train::Role::validation}) {
        const train::Rows unknown = run.set.unknown_rows(role);
        const auto scores = trainer.score(unknown);
        judged.rows.insert(judged.rows.end(), unknown.begin(), unknown.end());
        judged.scores.insert(judged.scores.end(), scores.begin(), scores.end());
    }
    return judged;
}

Judged judge_test(const TrainingRun& run, const train::Trainer& trainer) {
    Judged judged{run.set.labelled_rows(train::Role::test), {}};
    const train::Rows unknown = run.set.unknown_rows(train::Role::test);
    judged.rows.insert(judged.rows.end(), unknown.begin(), unknown.end());
    judged.scores = trainer.score(judged.rows);
    return judged;
}

/// The answers that the model will give.
metrics::Evaluation evaluate(const train::TrainingSet& set, const model::ModelFile& model,
                             const Judged& judged) {
    metrics::Evaluation evaluation(model.labels, model::open_set_rule(model));
    const std::size_t known = set.labels.size();
    std::vector<float> scores(model.labels.size());
    for (std::size_t i = 0; i < judged.rows.size(); ++i) {
        const auto row = std::span(judged.scores).subspan(i * known, known);
        std::ranges::copy(row, scores.begin());
        if (!model.unknown.empty())
            scores.back() = model::unknown_score(row, std::span(model.thresholds).first(known));
        const auto c = set.classes[static_cast<std::size_t>(judged.rows[i])];
        evaluation.add(c < 0 ? known : static_cast<std::size_t>(c), scores);
    }
    return evaluation;
}

struct Thresholds {
    std::vector<double> values;
    std::vector<std::string> missed;  // labels for which the wish could not be fulfilled
};

Thresholds choose(const TrainingRun& run, const Judged& judged) {
    Thresholds thresholds;
    const auto& wish = run.options.thresholds;
    if (wish.any()) {
        const auto chosen = train::choose_thresholds(run.set, judged.rows, judged.scores, wish);
        for (std::size_t c = 0; c < chosen.size(); ++c) {
            thresholds.values.push_back(chosen[c].threshold);
            if (!chosen[c].reached) thresholds.missed.push_back(run.set.labels[c]);
        }
        return thresholds;
    }
    metrics::Evaluation closed(run.set.labels);
    const std::size_t known = run.set.labels.size();
    for (std::size_t i = 0; i < judged.rows.size(); ++i) {
        if (!is_learnt(run.set, judged.rows[i])) continue;
        closed.add(static_cast<std::size_t>(run.set.classes[static_cast<std::size_t>(judged.rows[i])]),
                   std::span(judged.scores).subspan(i * known, known));
    }
    thresholds.values =
        run.fit.criterion == train::Criterion::score ? closed.balanced_thresholds() : closed.thresholds();
    return thresholds;
}

Json measures_of(const model::ModelFile& model, const metrics::Evaluation& evaluation) {
    Json measures = metrics::evaluation_json(evaluation);
    measures["detection"] =
        metrics::detection_json(evaluation, model.thresholds, {model.background, model.unknown});
    return measures;
}

Json metrics_of(const TrainingRun& run, const train::Trainer& trainer, const model::ModelFile& model,
                const Judged& judged, const Thresholds& thresholds) {
    const char* data = run.crossed ? "held-out" : run.fold.validation.empty() ? "training" : "validation";
    Json metrics{{"data", data},
                 {"thresholds_from", data},
                 {"epoch", trainer.best_epoch()},
                 {"epochs", trainer.history().size()}};
    const auto& wish = run.options.thresholds;
    if (wish.precision) metrics["wanted_precision"] = *wish.precision;
    if (wish.false_alarms_per_hour) metrics["wanted_false_alarms_per_hour"] = *wish.false_alarms_per_hour;
    if (wish.any()) metrics["not_reached_by"] = thresholds.missed;
    metrics.update(measures_of(model, evaluate(run.set, model, judged)));
    if (run.crossed) metrics["folds"] = run.crossed->folds;
    if (const Judged test = judge_test(run, trainer); !test.rows.empty()) {
        metrics["test"] = measures_of(model, evaluate(run.set, model, test));
    }
    return metrics;
}

Json provenance_of(const TrainingRun& run) {
    Json data = Json::array();
    for (const auto items : run.set.recordings()) {
        const auto& item = items.front();
        train::Rows rows(static_cast<std::size_t>(items.back().first + items.back().count - item.first));
        std::iota(rows.begin(), rows.end(), item.first);
        const char* role = item.role == train::Role::train        ? "train"
                           : item.role == train::Role::validation ? "validation"
                                                                  : "test";
        data.push_back({{"file", item.path}, {"role", role}, {"hash", run.set.data_hash(rows)}});
    }
    Json libraries;
    for (const auto& [name, version] : library_versions()) libraries[name] = version;
    return {{"command", run.context.command_line},
            {"config", run.context.config_text},
            {"seed", run.fit.seed},
            {"earshot", EARSHOT_VERSION},
            {"libraries", libraries},
            {"data", data}};
}

}  // namespace

model::ModelFile describe_model(const TrainingRun& run, const train::Trainer& trainer) {
    const Judged judged = judge(run, trainer);
    const Thresholds thresholds = choose(run, judged);
    model::ModelFile model;
    model.recipe = run.recipe;
    model.frontend = run.set.frontend;
    model.architecture = run.architecture;
    if (run.set.windowing != windows::Windowing()) model.window = to_json(run.set.windowing);
    model.target = run.set.target;
    model.labels = run.set.labels;
    model.thresholds = thresholds.values;
    model.background = run.set.background;
    model.unknown = run.set.unknown;
    if (!model.unknown.empty()) {
        model.labels.push_back(model.unknown);
        model.thresholds.push_back(0.5);  // where unknown_score() turns
    }
    model.metrics = metrics_of(run, trainer, model, judged, thresholds);
    model.provenance = provenance_of(run);
    return model;
}

void log_result(const TrainingRun& run, const train::Trainer& trainer, const model::ModelFile& model,
                train::TensorBoardFile& log) {
    const metrics::Evaluation evaluation = evaluate(run.set, model, judge(run, trainer));
    const int epoch = trainer.best_epoch();
    for (std::size_t c = 0; c < model.labels.size(); ++c) {
        const auto pairs = evaluation.of_label_alone(c);
        log.precision_recall("precision-recall/" + model.labels[c], epoch, pairs.scores, pairs.truth());
    }
    log.scalar("result/accuracy", epoch, evaluation.confusion().accuracy());
    log.scalar("result/macro_f1", epoch, evaluation.confusion().macro_f1());
    if (const auto open = evaluation.open_set()) log.scalar("result/known_roc_auc", epoch, open->roc_auc);
}

}  // namespace earshot::tools
