#include "train/trained_model.h"

#include <algorithm>
#include <map>

#include "frontend/frontend.h"
#include "model/open_set_scorer.h"
#include "train/event_choice.h"

namespace earshot::train {
namespace {

using Json = nlohmann::ordered_json;

/// Examples, and their scores for the labels of the training set.
struct ScoredRows {
    Rows rows;
    std::vector<float> scores;

    void add(const Rows& more, const Trainer& trainer) {
        const auto scored = trainer.score(more);
        rows.insert(rows.end(), more.begin(), more.end());
        scores.insert(scores.end(), scored.begin(), scored.end());
    }
};

const char* validation_source(const Training& training) {
    return training.crossed ? "held-out" : training.fold.validation.empty() ? "training" : "validation";
}

ScoredRows score_validation(const Training& training, const Trainer& trainer) {
    ScoredRows scored;
    if (training.crossed) {
        scored = {training.crossed->rows, training.crossed->scores};
    } else {
        scored.add(training.fold.validation.empty() ? training.fold.train : training.fold.validation,
                   trainer);
    }
    for (const Role role : {Role::train, Role::validation})
        scored.add(training.set.unknown_rows(role), trainer);
    return scored;
}

ScoredRows score_test(const TrainingSet& set, const Trainer& trainer) {
    ScoredRows scored;
    scored.add(set.labelled_rows(Role::test), trainer);
    scored.add(set.unknown_rows(Role::test), trainer);
    return scored;
}

/// Compares the answers that the model will give with the truth.
metrics::Evaluation evaluate(const TrainingSet& set, const model::ModelFile& model,
                             const ScoredRows& scored) {
    metrics::Evaluation evaluation(model.labels, model::open_set_rule(model));
    const std::size_t known = set.labels.size();
    std::vector<float> scores(model.labels.size());
    for (const Cell& cell : cells_of(set, scored.rows)) {
        const auto row = std::span(scored.scores).subspan(cell.row * known, known);
        std::ranges::copy(row, scores.begin());
        if (!model.unknown.empty())
            scores.back() = model::unknown_score(row, std::span(model.thresholds).first(known));
        evaluation.add(cell.labels, scores);  // none_of_them() is `unknown`
    }
    return evaluation;
}

/// The same, with all other rows of the stretches that they are from; in order.
ScoredRows with_unlabelled(const TrainingSet& set, ScoredRows scored, const Trainer& trainer) {
    const std::size_t values = static_cast<std::size_t>(set.steps()) * set.labels.size();
    std::map<std::int64_t, std::size_t> places;
    for (std::size_t i = 0; i < scored.rows.size(); ++i) places.emplace(scored.rows[i], i);
    Rows missing;
    std::vector<std::int64_t> all;
    for (auto place = places.begin(); place != places.end();) {
        const TrainingSet::Item& item = set.item_of(place->first);
        for (std::int64_t row = item.first; row < item.first + item.count; ++row) {
            all.push_back(row);
            if (!places.contains(row)) missing.push_back(row);
        }
        place = places.lower_bound(item.first + item.count);
    }
    for (std::size_t i = 0; i < missing.size(); ++i) places.emplace(missing[i], scored.rows.size() + i);
    if (!missing.empty()) scored.add(missing, trainer);
    ScoredRows ordered{all, {}};
    ordered.scores.reserve(all.size() * values);
    for (const std::int64_t row : all) {
        const auto from = std::span(scored.scores).subspan(places.at(row) * values, values);
        ordered.scores.insert(ordered.scores.end(), from.begin(), from.end());
    }
    return ordered;
}

/// Whether thresholds of windows were asked for. With Objective::false_alarms, the limit is for events.
bool fixes_thresholds(const Training& training) {
    return training.thresholds.any() && training.objective != Objective::false_alarms;
}

struct Thresholds {
    std::vector<double> values;
    std::vector<std::string> missed;  // labels for which no threshold meets the target
};

Thresholds wanted_thresholds(const Training& training, const ScoredRows& scored) {
    Thresholds thresholds;
    const auto chosen = choose_thresholds(training.set, scored.rows, scored.scores, training.thresholds);
    for (std::size_t c = 0; c < chosen.size(); ++c) {
        thresholds.values.push_back(chosen[c].threshold);
        if (!chosen[c].reached) thresholds.missed.push_back(training.set.labels[c]);
    }
    return thresholds;
}

/// Thresholds that separate the labels best, whatever that costs. Unknown sounds have no say.
Thresholds best_thresholds(const Training& training, const ScoredRows& scored) {
    const TrainingSet& set = training.set;
    const std::size_t known = set.labels.size();
    metrics::Evaluation evaluation(set.labels);
    for (const Cell& cell : cells_of(set, scored.rows)) {
        if (std::ranges::find(cell.labels, set.none_of_them()) != cell.labels.end()) continue;
        evaluation.add(cell.labels, std::span(scored.scores).subspan(cell.row * known, known));
    }
    const bool balanced = training.fit.criterion == Criterion::score;
    return {balanced ? evaluation.balanced_thresholds() : evaluation.thresholds(), {}};
}

Json figures(const model::ModelFile& model, const metrics::Evaluation& evaluation) {
    Json json = metrics::evaluation_json(evaluation);
    json["detection"] =
        metrics::detection_json(evaluation, model.thresholds, {model.background, model.unknown});
    return json;
}

Json metrics_of(const Training& training, const Trainer& trainer, const TrainedModel& model,
                const Thresholds& thresholds) {
    const char* source = validation_source(training);
    Json metrics{{"data", source},
                 {"thresholds_from", source},
                 {"epoch", trainer.best_epoch()},
                 {"epochs", trainer.history().size()}};
    const auto& wish = training.thresholds;
    if (wish.precision) metrics["wanted_precision"] = *wish.precision;
    if (wish.false_alarms_per_hour) metrics["wanted_false_alarms_per_hour"] = *wish.false_alarms_per_hour;
    if (wish.any()) metrics["not_reached_by"] = thresholds.missed;
    metrics.update(figures(model.file, model.evaluation));
    if (training.crossed) metrics["folds"] = training.crossed->folds;
    if (const auto test = score_test(training.set, trainer); !test.rows.empty())
        metrics["test"] = figures(model.file, evaluate(training.set, model.file, test));
    return metrics;
}

/// Event rules from the scores that thresholds come from: of windows that the network did not learn from, if
/// there are any. Rows without a label are scored too, since events need every moment of a recording.
EventChoice event_rules(const Training& training, const Trainer& trainer, ScoredRows scored,
                        std::span<const double> thresholds) {
    const TrainingSet& set = training.set;
    if (!training.crossed) scored = with_unlabelled(set, std::move(scored), trainer);
    const auto runs = held_out_runs(set, scored.rows, scored.scores);
    return choose_events(
        set, runs, thresholds,
        {training.objective, fixes_thresholds(training), training.thresholds.false_alarms_per_hour});
}

/// The network that listens: that of training, or where its answer has many steps, one of shorter windows, so
/// that little time passes between a sound and its score.
nlohmann::ordered_json listening(const Training& training, nlohmann::ordered_json architecture,
                                 windows::Windowing& windowing) {
    if (!windowing.has_context()) return architecture;
    constexpr double kMost_s = 1;  // from a sound to its score
    const double hop_s = frontend::make_frontend(training.set.frontend)->hop_s();
    const std::int64_t step = windowing.step_frames(), context = windowing.context();
    const auto frames = static_cast<std::int64_t>(kMost_s / hop_s) - context;
    windowing.steps = std::max<std::int64_t>({1, frames / step, context / (8 * step)});
    windowing.hop = windowing.steps * step;
    windowing.frames = windowing.hop + 2 * context;
    architecture["frames"] = windowing.frames;
    return architecture;
}

model::ModelFile file_of(const Training& training, const Trainer& trainer, const Thresholds& thresholds) {
    const TrainingSet& set = training.set;
    model::ModelFile file;
    file.recipe = training.recipe;
    file.frontend = set.frontend;
    file.architecture = trainer.architecture();
    auto windowing = set.windowing;
    file.graph = network::make_graph(listening(training, file.architecture, windowing)).json();
    if (windowing != windows::Windowing()) file.window = to_json(windowing);
    file.target = set.target;
    file.labels = set.labels;
    file.thresholds = thresholds.values;
    file.background = set.background;
    file.unknown = set.unknown;
    if (!file.unknown.empty()) {
        file.labels.push_back(file.unknown);
        file.thresholds.push_back(0.5);  // where model::unknown_score() changes sides
    }
    return file;
}

}  // namespace

TrainedModel describe_model(const Training& training, const Trainer& trainer) {
    const auto scored = score_validation(training, trainer);
    auto thresholds =
        fixes_thresholds(training) ? wanted_thresholds(training, scored) : best_thresholds(training, scored);
    auto file = file_of(training, trainer, thresholds);
    auto choice = event_rules(training, trainer, scored, thresholds.values);
    file.events = std::move(choice.rules);
    if (!fixes_thresholds(training)) thresholds.missed = std::move(choice.missed);
    for (std::size_t c = 0; c < file.events.size() && file.target == model::Target::events; ++c)
        file.thresholds[c] = file.events[c].on_threshold;
    auto evaluation = evaluate(training.set, file, scored);
    TrainedModel model{std::move(file), std::move(evaluation)};
    model.file.metrics = metrics_of(training, trainer, model, thresholds);
    return model;
}

}  // namespace earshot::train
