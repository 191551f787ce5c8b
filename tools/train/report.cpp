#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "metrics/proportion.h"
#include "support/counted.h"
#include "support/interrupt.h"
#include "tools/train/training_run.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

std::size_t label_width(const std::vector<std::string>& labels) {
    std::size_t width = 5;
    for (const auto& label : labels) width = std::max(width, label.size());
    return width;
}

std::string cell(const Json& number) {
    return number.is_null() ? "-" : fmt::format("{:.3f}", number.get<double>());
}

const char* unit(const TrainingRun& run) {
    if (run.set.target == model::Target::recording) return "recording";
    return run.set.windowing.frames > 1 ? "window" : "frame";
}

/// Reports false alarms and misses, if the thresholds balance them.
void describe_rates(const TrainingRun& run, const Json& measures, const std::string& data) {
    if (run.fit.criterion != train::Criterion::score) return;
    for (const auto& [label, rates] : measures["detection"].items()) {
        run.context.console.note(fmt::format(
            "'{}' on {} data: FAR {}, FRR {}, score {}, AUROC {}", label, data, cell(rates["far"]),
            cell(rates["frr"]), cell(rates["score"]), cell(measures["labels"][label]["roc_auc"])));
    }
}

/// The fewest recordings, or groups of them, that a label has to learn from.
std::size_t fewest_groups(const TrainingRun& run) {
    std::vector<train::Rows> rows(run.set.labels.size());
    for (const std::int64_t row : run.fold.train) {
        if (const auto label = run.set.label_of(row)) rows[*label].push_back(row);
    }
    std::size_t fewest = SIZE_MAX;
    for (const train::Rows& of_label : rows)
        fewest = std::min(fewest, train::count_groups(run.set, of_label));
    return fewest;
}

/// Says of which labels nothing is judged, since all of their recordings are needed to learn from.
void describe_unjudged(const TrainingRun& run) {
    const train::TrainingSet& set = run.set;
    const bool wanted = run.options.validation_share > 0 || run.options.folds > 0;
    if (!wanted || set.target == model::Target::events) return;
    const auto judged = set.class_counts(run.crossed ? run.crossed->rows : run.fold.validation);
    const auto known = set.class_counts(run.fold.train);
    std::vector<std::string> missing;
    for (std::size_t c = 0; c < judged.size(); ++c) {
        if (judged[c] == 0 && known[c] > 0) missing.push_back(fmt::format("'{}'", set.labels[c]));
    }
    if (missing.size() == set.labels.size()) {
        run.context.console.note(
            "Too few recordings to hold any out: the figures below are of what was learnt, and say little "
            "about other recordings (a second recording of each label would tell).");
    } else if (!missing.empty()) {
        run.context.console.note(fmt::format("Too few recordings to hold one out, so nothing judges {}.",
                                             fmt::join(missing, ", ")));
    }
}

/// What to expect, if that was measured on few recordings.
void describe_expectation(const TrainingRun& run, const Json& metrics) {
    constexpr std::size_t kFew = 8;  // recordings of a label, with which more of them help a lot
    if (!run.crossed || run.set.target == model::Target::events) return;
    const std::size_t groups = train::count_groups(run.set, run.crossed->rows);
    std::set<std::size_t> recordings;
    for (const std::int64_t row : run.crossed->rows) recordings.insert(run.set.item_of(row).recording);
    const bool grouped = groups < recordings.size();
    const double right = metrics["accuracy"].get<double>();
    const auto [low, high] = earshot::metrics::wilson_interval(right, groups);
    const std::string more =
        fmt::format("; more {} of each label would help most", grouped ? "groups" : "recordings");
    run.context.console.note(fmt::format("cross-validation over {}{}: {:.0f} % right ({:.0f} to {:.0f} %){}",
                                         counted(groups, grouped ? "group" : "recording"),
                                         grouped ? " of recordings" : "", 100 * right, 100 * low, 100 * high,
                                         fewest_groups(run) <= kFew ? more : ""));
}

}  // namespace

void describe_data(const TrainingRun& run) {
    const train::TrainingSet& set = run.set;
    const auto of = [&](const train::Rows& rows) { return set.class_counts(rows); };
    auto& console = run.context.console;
    const auto recordings = std::ranges::count_if(
        set.recordings(), [](const auto& items) { return items.front().role == train::Role::train; });
    console.note(fmt::format("{} of {} values from {}; {} classes",
                             counted(static_cast<std::size_t>(set.examples()), unit(run)),
                             set.dimension * set.windowing.frames,
                             counted(static_cast<std::size_t>(recordings), "recording"), set.labels.size()));
    const auto train = of(run.fold.train), validation = of(run.fold.validation);
    const auto test = of(set.labelled_rows(train::Role::test));
    const bool tested = std::ranges::any_of(test, [](std::int64_t count) { return count > 0; });
    const std::size_t width = label_width(set.labels);
    console.note(fmt::format("{:<{}}  {:>8}  {:>10}{}", "label", width, "training", "validation",
                             tested ? "      test" : ""));
    for (std::size_t c = 0; c < train.size(); ++c) {
        console.note(fmt::format("{:<{}}  {:>8}  {:>10}{}", set.labels[c], width, train[c], validation[c],
                                 tested ? fmt::format("  {:>8}", test[c]) : ""));
    }
    describe_unjudged(run);
    if (set.frontend.is_null()) {
        console.note(
            "The datasets do not say how their frames were made, so detect will refuse this model "
            "(remake them with earshot datagen).");
    }
}

std::string describe(const train::Epoch& epoch) {
    std::string text = fmt::format("loss {:.4f}  accuracy {:.3f}", epoch.loss, epoch.accuracy);
    if (epoch.validation_loss) {
        text += fmt::format("  validation loss {:.4f}  accuracy {:.3f}", *epoch.validation_loss,
                            *epoch.validation_accuracy);
    }
    if (epoch.validation_score) text += fmt::format("  score {:.4f}", *epoch.validation_score);
    return text;
}

void describe_result(const TrainingRun& run, const model::ModelFile& model) {
    auto& console = run.context.console;
    const std::size_t width = label_width(model.labels);
    const Json& metrics = model.metrics;
    console.note(fmt::format("\n{:<{}}  {:>9}  {:>6}  {:>5}  {:>9}", "label", width, "precision", "recall",
                             "F1", "threshold"));
    for (std::size_t c = 0; c < model.labels.size(); ++c) {
        const Json& row = metrics["labels"][model.labels[c]];
        console.note(fmt::format("{:<{}}  {:>9}  {:>6}  {:>5}  {:>9.3f}", model.labels[c], width,
                                 cell(row["precision"]), cell(row["recall"]), cell(row["f1"]),
                                 model.thresholds[c]));
    }
    const auto summary = [&](const Json& measures, const std::string& data) {
        console.note(fmt::format("accuracy {}, balanced {}, macro F1 {} on {} data ({})",
                                 cell(measures["accuracy"]), cell(measures["balanced_accuracy"]),
                                 cell(measures["macro"]["f1"]), data,
                                 counted(measures["windows"].get<std::size_t>(), unit(run))));
        if (measures.contains("open_set")) {
            const Json& open = measures["open_set"];
            console.note(fmt::format(
                "known against unknown: ROC area {}; {} labelled correctly, {} when 10 % of the unknown get "
                "a label",
                cell(open["roc_auc"]), cell(open["closed_accuracy"]), cell(open["correct_at_10_percent"])));
        }
        describe_rates(run, measures, data);
    };
    if (metrics.contains("not_reached_by") && !metrics["not_reached_by"].empty()) {
        console.note(fmt::format("No threshold meets the requested target on {} data for: {}",
                                 metrics["data"].get<std::string>(),
                                 fmt::join(metrics["not_reached_by"].get<std::vector<std::string>>(), ", ")));
    }
    summary(metrics, metrics["data"]);
    describe_expectation(run, metrics);
    if (metrics.contains("test")) summary(metrics["test"], "test");
    console.note(
        fmt::format("{}{}: weights of epoch {} of {}{}", interrupted() ? "Interrupted. " : "",
                    run.options.output, metrics["epoch"].get<int>(), metrics["epochs"].get<int>(),
                    model.background.empty() ? "" : fmt::format("; background is '{}'", model.background)));
}

void log_result(const train::Trainer& trainer, const metrics::Evaluation& evaluation,
                train::TensorBoardFile& log) {
    const int epoch = trainer.best_epoch();
    const auto& labels = evaluation.labels();
    for (std::size_t c = 0; c < labels.size(); ++c) {
        const auto pairs = evaluation.of_label_alone(c);
        log.precision_recall("precision-recall/" + labels[c], epoch, pairs.scores, pairs.truth());
    }
    log.scalar("result/accuracy", epoch, evaluation.confusion().accuracy());
    log.scalar("result/macro_f1", epoch, evaluation.confusion().macro_f1());
    if (const auto open = evaluation.open_set()) log.scalar("result/known_roc_auc", epoch, open->roc_auc);
}

}  // namespace earshot::tools
