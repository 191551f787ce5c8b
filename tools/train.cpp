#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "model/architecture.h"
#include "model/cross_validation.h"
#include "model/model_directory.h"
#include "model/scorer.h"
#include "support/counted.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "support/json_lines.h"
#include "tools/options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
    TrainingPaths data;
    std::string output;
    double validation_share = 0.3;
    int folds = 0;  // 0: no cross-validation
    std::string split = "group";
    FitOptions fit;
    std::string class_weights = "balanced";
    double dropout = 0;
    Compression compression;
    std::optional<std::string> background;
    int threads = 0;
    double save_every_s = 300;
    bool resume = false;
    bool force = false;
};

void check(const Options& options, const CLI::App& app) {
    const auto given = [&](const char* name) { return app.get_option(name)->count() > 0; };
    if (options.output == "-") throw UsageError("a model is a directory and cannot go to standard output");
    if (options.folds == 1) throw UsageError("--folds 1: at least 2 are needed");
    if (options.folds > 0 && options.resume) {
        throw UsageError("--folds and --resume exclude each other (resume works on a single training run)");
    }
    if (options.folds > 0 && given("--validation-data")) {
        throw UsageError(
            "--folds and --validation-data exclude each other (each fold is validated on itself)");
    }
    if (given("--validation") && (options.folds > 0 || given("--validation-data"))) {
        throw UsageError("--validation excludes --folds and --validation-data");
    }
}

/// The class that makes no events: the one asked for, or by its name.
std::string choose_background(const Options& options, const std::vector<std::string>& labels) {
    const auto known = [&](const std::string& label) {
        return std::ranges::find(labels, label) != labels.end();
    };
    if (options.background) {
        if (options.background->empty() || known(*options.background)) return *options.background;
        throw Error(fmt::format("--background {}: no such label (labels: {})", *options.background,
                                fmt::join(labels, ", ")));
    }
    for (const char* name : {"background", "negative"}) {
        if (known(name)) return name;
    }
    return "";
}

/// What a run is made of, fixed before the first epoch.
struct Run {
    const Options& options;
    Context& context;
    std::string recipe = {};
    TrainingSet set = {};
    Json architecture = {};
    FitOptions fit = {};
    Fold fold = {};
    std::optional<CrossValidation> crossed = {};
    std::string background = {};
};

void describe_data(const Run& run) {
    const auto count = [&](Role role) {
        return std::ranges::count(run.set.items, role, &TrainingSet::Item::role);
    };
    const auto of = [&](const Rows& rows) { return run.set.class_counts(rows); };
    auto& console = run.context.console;
    console.note(fmt::format("{} of {} values from {}; {} classes", counted(run.set.classes.size(), "frame"),
                             run.set.dimension,
                             counted(static_cast<std::size_t>(count(Role::train)), "recording"),
                             run.set.labels.size()));
    const auto train = of(run.fold.train), validation = of(run.fold.validation);
    std::size_t width = 5;
    for (const auto& label : run.set.labels) width = std::max(width, label.size());
    console.note(fmt::format("{:<{}}  {:>8}  {:>10}", "label", width, "training", "validation"));
    for (std::size_t c = 0; c < train.size(); ++c) {
        console.note(fmt::format("{:<{}}  {:>8}  {:>10}", run.set.labels[c], width, train[c], validation[c]));
    }
    if (run.set.frontend.is_null()) {
        console.note(
            "The datasets do not say how their frames were made, so detect will refuse this model "
            "(remake them with earshot datagen).");
    }
}

std::string describe(const Epoch& epoch) {
    std::string text = fmt::format("loss {:.4f}  accuracy {:.3f}", epoch.loss, epoch.accuracy);
    if (epoch.validation_loss) {
        text += fmt::format("  validation loss {:.4f}  accuracy {:.3f}", *epoch.validation_loss,
                            *epoch.validation_accuracy);
    }
    return text;
}

void cross_validate(Run& run) {
    const Options& options = run.options;
    const auto folds =
        cross_validation_folds(run.set, options.split == "frames" ? SplitBy::frame : SplitBy::group,
                               options.folds, options.fit.seed);
    auto& console = run.context.console;
    console.start_progress("cross-validation", options.folds * options.fit.epochs);
    run.crossed =
        cross_validate(run.set, run.architecture, folds, run.fit, [&](std::size_t fold, const Epoch& epoch) {
            console.progress(static_cast<double>(fold) * options.fit.epochs + epoch.number, describe(epoch));
            console.detail(fmt::format("fold {} epoch {}  {}", fold + 1, epoch.number, describe(epoch)));
        });
    console.end_progress();
    run.fit.epochs = run.crossed->epochs;
}

Evaluation judge(const Run& run, const Trainer& trainer, const Rows& rows) {
    Evaluation evaluation(run.set.labels);
    add_scores(run.set, rows, trainer.score(rows), evaluation);
    return evaluation;
}

/// The rows that metrics and thresholds rest on, scored.
Evaluation judge(const Run& run, const Trainer& trainer) {
    if (run.crossed) return run.crossed->held_out;
    return judge(run, trainer, run.fold.validation.empty() ? run.fold.train : run.fold.validation);
}

Json metrics_of(const Run& run, const Trainer& trainer, const Evaluation& judged) {
    const char* data = run.crossed ? "held-out" : run.fold.validation.empty() ? "training" : "validation";
    Json metrics{{"data", data},
                 {"thresholds_from", data},
                 {"epoch", trainer.best_epoch()},
                 {"epochs", trainer.history().size()}};
    metrics.update(evaluation_json(judged));
    if (run.crossed) metrics["folds"] = run.crossed->folds;
    if (const Rows rows = run.set.labelled_rows(Role::test); !rows.empty()) {
        metrics["test"] = evaluation_json(judge(run, trainer, rows));
    }
    return metrics;
}

Json provenance_of(const Run& run) {
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

ModelFile save(const Run& run, const Trainer& trainer, bool replace) {
    const Evaluation judged = judge(run, trainer);
    ModelFile model;
    model.recipe = run.recipe;
    model.frontend = run.set.frontend;
    model.architecture = run.architecture;
    model.labels = run.set.labels;
    model.thresholds = judged.thresholds();
    model.background = run.background;
    model.metrics = metrics_of(run, trainer, judged);
    model.provenance = provenance_of(run);

    ModelDirectory directory(run.options.output, replace);
    trainer.save(directory.temporary_path());
    const auto history = open_output((fs::path(directory.temporary_path()) / "history.jsonl").string());
    JsonLines lines(*history);
    for (const Epoch& epoch : trainer.history()) lines.write(to_json(epoch));
    history->close();
    write_model_file(model, directory.temporary_path());
    directory.publish();
    return model;
}

/// Epochs until the end, early or not, or the user's interrupt. Saves on the way if it takes long.
ModelFile train(const Run& run, Trainer& trainer) {
    using Clock = std::chrono::steady_clock;
    auto& console = run.context.console;
    bool replace = run.options.force || run.options.resume;
    auto saved = Clock::now();
    console.start_progress("train", run.fit.epochs);
    while (!trainer.finished() && !interrupted()) {
        const auto epoch = trainer.run_epoch();
        if (!epoch) break;
        console.progress(epoch->number, describe(*epoch));
        console.detail(fmt::format("epoch {}  {}", epoch->number, describe(*epoch)));
        if (std::chrono::duration<double>(Clock::now() - saved).count() >= run.options.save_every_s) {
            save(run, trainer, replace);
            replace = true;
            saved = Clock::now();
        }
    }
    console.end_progress();
    if (trainer.best_epoch() == 0) throw Interrupted();
    return save(run, trainer, replace);
}

std::string cell(const Json& number) {
    return number.is_null() ? "-" : fmt::format("{:.3f}", number.get<double>());
}

void describe_result(const Run& run, const ModelFile& model) {
    auto& console = run.context.console;
    std::size_t width = 5;
    for (const auto& label : model.labels) width = std::max(width, label.size());
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
        console.note(fmt::format("accuracy {}, balanced {}, macro F1 {} on {} data ({} frames)",
                                 cell(measures["accuracy"]), cell(measures["balanced_accuracy"]),
                                 cell(measures["macro"]["f1"]), data, measures["windows"].get<std::uint64_t>()));
    };
    summary(metrics, metrics["data"]);
    if (metrics.contains("test")) summary(metrics["test"], "test");
    console.note(
        fmt::format("{}{}: weights of epoch {} of {}{}", interrupted() ? "Interrupted. " : "",
                    run.options.output, metrics["epoch"].get<int>(), metrics["epochs"].get<int>(),
                    model.background.empty() ? "" : fmt::format("; background is '{}'", model.background)));
}

Exit run(const Options& options, const std::string& recipe, Context& context) {
    check_model_place(options.output, options.force || options.resume);
    if (options.resume && !fs::exists(options.output)) {
        throw Error(fmt::format("{}: no model to resume (train it without --resume first)", options.output));
    }
    set_compute_threads(effective_jobs(options.threads));
    Run run{options, context};
    run.recipe = recipe;
    run.set = load_training_set(options.data);
    run.fit = options.fit;
    run.fit.balanced = options.class_weights == "balanced";
    run.background = choose_background(options, run.set.labels);
    run.architecture = mlp_architecture(run.set.dimension, static_cast<std::int64_t>(run.set.labels.size()),
                                        options.compression, options.dropout);
    if (options.folds > 0) {
        cross_validate(run);
        run.fold.train = run.set.labelled_rows(Role::train);
    } else if (!options.data.validation.empty()) {
        run.fold = {run.set.labelled_rows(Role::train), run.set.labelled_rows(Role::validation)};
    } else {
        run.fold = hold_out(run.set, options.split == "frames" ? SplitBy::frame : SplitBy::group,
                            options.validation_share, options.fit.seed);
    }
    describe_data(run);
    Trainer trainer(run.set, run.architecture, run.fold.train, run.fold.validation, run.fit);
    if (options.resume) trainer.resume(options.output);
    describe_result(run, train(run, trainer));
    return Exit::ok;
}

/// CLI::Range lets NaN pass, and clutters the help.
template <class Number>
CLI::Validator within(Number low, Number high) {
    const auto check = [low, high](const std::string& text) -> std::string {
        Number value{};
        const bool fits = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
        return fits ? "" : fmt::format("'{}' should be a number from {} to {}", text, low, high);
    };
    return CLI::Validator(check, "");
}
CLI::Validator one_of(std::vector<std::string> words) {
    return CLI::IsMember(std::move(words)).description("");
}

void declare_data(CLI::App& app, Options& options) {
    app.add_option("datasets", options.data.train, "Datasets (NPZ files, or directories of them)")
        ->type_name("DATASET")
        ->required();
    add_output(app, options.output, "Directory of the model");
    app.get_option("--output")->required();
    add_force(app, options.force);
    app.add_option("--validation", options.validation_share, "Share of the data held out for validation")
        ->type_name("SHARE")
        ->check(within(0.0, 0.9))
        ->capture_default_str();
    app.add_option("--validation-data", options.data.validation,
                   "Validate on these datasets instead (repeatable)")
        ->type_name("DATASET")
        ->allow_extra_args(false);
    app.add_option("--test-data", options.data.test, "Report on these datasets too (repeatable)")
        ->type_name("DATASET")
        ->allow_extra_args(false);
    app.add_option("--folds", options.folds, "Cross-validate, then train on everything")
        ->type_name("K")
        ->check(within(0, 1000));
    app.add_option("--split", options.split,
                   "Keep recordings whole (group), or deal out single frames (frames)")
        ->type_name("BY")
        ->check(one_of({"group", "frames"}))
        ->capture_default_str();
    app.add_option("--leave-out", options.data.leave_out, "Ignore frames with this label (repeatable)")
        ->type_name("LABEL")
        ->allow_extra_args(false);
    app.add_option("--background", options.background, "Label that makes no events [background or negative]")
        ->type_name("LABEL");
}

void declare_network(CLI::App& app, Options& options) {
    app.add_option("--compress", options.compression.kind, "Compression of magnitudes: log, sqrt or none")
        ->type_name("HOW")
        ->check(one_of({"log", "sqrt", "none"}))
        ->capture_default_str();
    app.add_option("--floor", options.compression.floor, "Magnitude that counts as silence, for log")
        ->type_name("X")
        ->check(within(1e-30, 1e30))
        ->capture_default_str();
    app.add_option("--dropout", options.dropout, "Share of hidden units silenced while learning")
        ->type_name("SHARE")
        ->check(within(0.0, 0.99))
        ->capture_default_str();
}

void declare_fit(CLI::App& app, Options& options) {
    FitOptions& fit = options.fit;
    app.add_option("--epochs", fit.epochs, "Passes over the data at most")
        ->type_name("N")
        ->check(within(1, 1000000))
        ->capture_default_str();
    app.add_option("--patience", fit.patience, "Epochs without improvement that end it (0: never)")
        ->type_name("N")
        ->check(within(0, 1000000))
        ->capture_default_str();
    app.add_option("--batch", fit.batch, "Frames a step")
        ->type_name("N")
        ->check(within(1, 1 << 20))
        ->capture_default_str();
    app.add_option("--learning-rate", fit.learning_rate, "Step size of Adam")
        ->type_name("X")
        ->check(within(1e-9, 10.0))
        ->capture_default_str();
    app.add_option("--weight-decay", fit.weight_decay, "Pull of weights towards zero")
        ->type_name("X")
        ->check(within(0.0, 100.0))
        ->capture_default_str();
    app.add_option("--gain-jitter", fit.gain_jitter_db, "Random gain of frames while learning, dB")
        ->type_name("DB")
        ->check(within(0.0, 60.0))
        ->capture_default_str();
    app.add_option("--class-weights", options.class_weights, "balanced: rare classes weigh as much; or none")
        ->type_name("HOW")
        ->check(one_of({"balanced", "none"}))
        ->capture_default_str();
    add_seed(app, fit.seed);
    app.add_option("--threads", options.threads, "Threads of matrix products (0: one per processor)")
        ->type_name("N")
        ->check(within(0, 4096))
        ->capture_default_str();
    app.add_flag("--resume", options.resume, "Go on from the model's last epoch");
    add_time(app, "--save-every", options.save_every_s, "Save the best so far this often");
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    declare_data(app, *options);
    declare_network(app, *options);
    declare_fit(app, *options);
    return [options, &app](Context& context) {
        check(*options, app);
        const auto recipe = app.get_option("--recipe")->results();
        return run(*options, recipe.empty() ? "" : fs::path(recipe.back()).stem().string(), context);
    };
}

}  // namespace

const Tool tool{"train", "Train a model on datasets that earshot datagen has made.",
                "Example:\n  earshot train data/ -o monitor.model --recipe spectrum-mlp\n", declare};

}  // namespace earshot::tools
