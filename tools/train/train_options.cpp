#include "tools/train/train_options.h"

#include <fmt/format.h>

#include <map>

#include "support/error.h"
#include "tools/help.h"
#include "tools/options.h"
#include "tools/selection.h"

namespace earshot::tools {
namespace {

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

/// An option whose words stand for values.
template <class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Value& value,
                        const std::map<std::string, Value>& words, const std::string& description) {
    std::vector<std::string> names;
    std::string current;
    for (const auto& [word, meant] : words) {
        names.push_back(word);
        if (meant == value) current = word;
    }
    const auto take = [&value, words](const std::string& word) { value = words.at(word); };
    return app.add_option_function<std::string>(name, take, description)
        ->check(one_of(names))
        ->default_str(current);
}

CLI::Option* add_datasets(CLI::App& app, const std::string& name, std::vector<std::string>& paths,
                          const std::string& description) {
    return app.add_option(name, paths, description)->type_name("DATASET")->allow_extra_args(false);
}

template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, Number& number, Number low, Number high,
                        const std::string& type, const std::string& description) {
    return app.add_option(name, number, description)
        ->type_name(type)
        ->check(within(low, high))
        ->capture_default_str();
}

void add_data(CLI::App& app, TrainOptions& options) {
    app.add_option("datasets", options.data.train, "Datasets (NPZ files, or directories of them)")
        ->type_name("DATASET")
        ->required();
    add_output(app, options.output, "Directory of the model");
    app.get_option("--output")->required();
    add_force(app, options.force);
    add_number(app, "--validation", options.validation_share, 0.0, 0.9, "SHARE",
               "Share held out, unless --validation-data or --folds");
    add_number(app, "--test", options.test_share, 0.0, 0.9, "SHARE",
               "Share set aside first, to report on only");
    add_datasets(app, "--validation-data", options.data.validation,
                 "Validate on these datasets instead (repeatable)");
    add_datasets(app, "--test-data", options.data.test, "Report on these datasets too (repeatable)");
    app.add_option("--folds", options.folds, "Cross-validate, then train on everything")
        ->type_name("K")
        ->check(within(0, 1000));
    add_choice<bool>(app, "--split", options.by_frame, {{"group", false}, {"frames", true}},
                     "Keep recordings whole (group), or deal out single frames (frames)")
        ->type_name("BY")
        ->group(kMoreOptions);
    app.add_option("--leave-out", options.data.leave_out, "Ignore frames with this label (repeatable)")
        ->type_name("LABEL")
        ->allow_extra_args(false)
        ->group(kMoreOptions);
    app.add_option("--background", options.background,
                   "Label that makes no events, or datasets of it (repeatable)")
        ->type_name("WHAT")
        ->allow_extra_args(false);
    app.add_option("--tags", options.tags, "Learn only these labels, A,B (repeatable)")
        ->type_name("LABELS")
        ->allow_extra_args(false)
        ->group(kMoreOptions);
    app.add_option("--days", options.days, "Only recordings of these days (repeatable)")
        ->type_name("A[..B]")
        ->allow_extra_args(false)
        ->group(kMoreOptions);
    app.add_option("--test-days", options.test_days, "Those of these days are test data (repeatable)")
        ->type_name("A[..B]")
        ->allow_extra_args(false)
        ->group(kMoreOptions);
}

void add_examples(CLI::App& app, TrainOptions& options) {
    train::ExampleOptions& examples = options.examples;
    add_time(app, "--window", examples.window_s, "Sound that the network sees at once (0: a frame)");
    add_time(app, "--window-hop", examples.window_hop_s, "From one window to the next (0: the window)")
        ->group(kMoreOptions);
    add_choice<model::Target>(app, "--target", examples.target,
                              {{"frame", model::Target::frame}, {"recording", model::Target::recording}},
                              "Has the label: each window (frame), or the whole recording")
        ->type_name("WHAT");
    add_number(app, "--windows", options.fit.windows_per_recording, 1, 1000, "N",
               "Windows of a recording in an epoch, for --target recording")
        ->group(kMoreOptions);
    add_choice<windows::Padding>(app, "--padding", examples.padding,
                                 {{"minimum", windows::Padding::minimum}, {"mean", windows::Padding::mean}},
                                 "What stands after a recording shorter than a window")
        ->type_name("HOW")
        ->group(kMoreOptions);
}

void add_network(CLI::App& app, network::NetworkOptions& network) {
    network::InputOptions& input = network.input;
    app.add_option("--arch", network.kind, "Network: mlp, dnn (dense), cnn, attention, lda")
        ->type_name("KIND")
        ->check(one_of({"mlp", "dnn", "cnn", "attention", "lda"}))
        ->capture_default_str();
    app.add_option("--head", network.head, "Last layer: dense, or lda (linear discriminants)")
        ->type_name("KIND")
        ->check(one_of({"dense", "lda"}))
        ->capture_default_str()
        ->group(kMoreOptions);
    app.add_option("--shrinkage", network.shrinkage, "Of the covariance, for lda [estimated]")
        ->type_name("SHARE")
        ->check(within(0.0, 1.0))
        ->group(kMoreOptions);
    input.compression.kind = "auto";
    app.add_option("--compress", input.compression.kind,
                   "Of magnitudes: log, sqrt, none (auto: as frames need)")
        ->type_name("HOW")
        ->check(one_of({"auto", "log", "sqrt", "none"}))
        ->capture_default_str()
        ->group(kMoreOptions);
    add_number(app, "--floor", input.compression.floor, 1e-30, 1e30, "X",
               "Magnitude that counts as silence, for log")
        ->group(kMoreOptions);
    add_number(app, "--range", input.range.db, 0.0, 200.0, "DB",
               "Noise in every window, so far below its mean (0: none)")
        ->group(kMoreOptions);
    add_number(app, "--deltas", input.deltas, 0, 2, "N",
               "Add differences from frame to frame, 2: and of these")
        ->group(kMoreOptions);
    add_number(app, "--pool", input.pool, std::int64_t{0}, std::int64_t{1} << 20, "N",
               "Average a window to this many steps of time (0: do not)")
        ->group(kMoreOptions);
    app.add_flag("--deviation", input.deviation,
                 "Add how far the frames of each of these steps deviate from their mean")
        ->group(kMoreOptions);
    app.add_option("--standardise", input.standardise, "By the training data, each window, or its mean")
        ->type_name("HOW")
        ->check(one_of({"data", "window", "mean", "none"}))
        ->capture_default_str()
        ->group(kMoreOptions);
    app.add_option("--loss", network.answer.kind, "softmax: one label at a time; sigmoid: any of them")
        ->type_name("KIND")
        ->check(one_of({"softmax", "sigmoid"}))
        ->capture_default_str()
        ->group(kMoreOptions);
    add_number(app, "--dropout", network.dropout, 0.0, 0.99, "X",
               "Share of hidden units silenced while learning")
        ->group(kMoreOptions);
    add_number(app, "--paces", network.paces, 0.0, network::kMaxViews, "X",
               "Once learnt, hear windows so much slower and faster too")
        ->group(kMoreOptions);
    add_number(app, "--pitches", network.pitches, 0.0, network::kMaxViews, "X",
               "Once learnt, hear them so much lower and higher too")
        ->group(kMoreOptions);
}

void add_thresholds(CLI::App& app, TrainOptions& options) {
    app.add_option("--unknown", options.examples.unknown, "Answer this where no label reaches its threshold")
        ->type_name("LABEL")
        ->group(kMoreOptions);
    app.add_option("--precision", options.thresholds.precision, "Choose thresholds for this precision")
        ->type_name("SHARE")
        ->check(within(0.01, 1.0))
        ->group(kMoreOptions);
    app.add_option("--false-alarms-per-hour", options.thresholds.false_alarms_per_hour,
                   "Choose thresholds for at most so many false alarms on background")
        ->type_name("N")
        ->check(within(0.0, 1e6))
        ->group(kMoreOptions);
}

void add_fit(CLI::App& app, TrainOptions& options) {
    train::FitOptions& fit = options.fit;
    app.add_option("--epochs", options.epochs, "Passes over the data; more, if few, for so many steps")
        ->type_name("N[,STEPS]")
        ->capture_default_str();
    add_number(app, "--patience", fit.patience, 0, 1000000, "N",
               "Epochs without improvement that end it (0: never)")
        ->group(kMoreOptions);
    add_choice<train::Criterion>(app, "--criterion", fit.criterion,
                                 {{"loss", train::Criterion::loss}, {"score", train::Criterion::score}},
                                 "What improves: loss, or the score of false alarms and misses")
        ->type_name("WHAT")
        ->group(kMoreOptions);
    add_number(app, "--batch", fit.batch, 1, 1 << 20, "N", "Frames or recordings a step")
        ->group(kMoreOptions);
    add_number(app, "--learning-rate", fit.learning_rate, 1e-9, 10.0, "X", "Step size of Adam")
        ->group(kMoreOptions);
    add_choice<train::Schedule>(app, "--schedule", fit.schedule,
                                {{"constant", train::Schedule::constant},
                                 {"cosine", train::Schedule::cosine},
                                 {"one-cycle", train::Schedule::one_cycle},
                                 {"plateau", train::Schedule::plateau}},
                                "How the step size goes over the run")
        ->type_name("HOW")
        ->group(kMoreOptions);
    add_number(app, "--weight-decay", fit.weight_decay, 0.0, 100.0, "X", "Pull of weights towards zero")
        ->group(kMoreOptions);
    add_number(app, "--accumulate", fit.accumulate, 1, 1 << 20, "N", "Batches whose gradients make one step")
        ->group(kMoreOptions);
    add_number(app, "--clip", fit.clip, 0.0, 1e9, "X", "Highest norm of a step's gradient (0: any)")
        ->group(kMoreOptions);
    add_number(app, "--mixup", fit.mixup, 0.0, 1.0, "X", "Mix windows in pairs, shares from Beta(X, X)")
        ->group(kMoreOptions);
    add_choice<train::Autocast>(app, "--autocast", fit.autocast,
                                {{"none", train::Autocast::none},
                                 {"bfloat16", train::Autocast::bfloat16},
                                 {"auto", train::Autocast::automatic}},
                                "Multiply in bfloat16 while learning (auto: where that is faster)")
        ->type_name("HOW")
        ->group(kMoreOptions);
    add_choice<train::Compute>(app, "--device", fit.compute,
                               {{"cpu", train::Compute::cpu}, {"cuda", train::Compute::cuda}},
                               "Learn on the processor, or on a graphics processor")
        ->type_name("WHERE")
        ->group(kMoreOptions);
    add_number(app, "--loaders", fit.loaders, 1, 256, "N", "Threads that read and augment windows")
        ->group(kMoreOptions);
    add_number(app, "--gain-jitter", fit.augment.gain_jitter_db, 0.0, 60.0, "DB",
               "Random gain while learning, dB")
        ->group(kMoreOptions);
    add_number(app, "--stretch", fit.augment.stretch, 0.0, 0.5, "SHARE",
               "Random speed of windows while learning")
        ->group(kMoreOptions);
    add_number(app, "--warp", fit.augment.warp, 0.0, 0.5, "SHARE", "Random shift of bands while learning")
        ->group(kMoreOptions);
    add_number(app, "--mask", fit.augment.mask, 0.0, 0.9, "SHARE",
               "Level out random frames and bands while learning")
        ->group(kMoreOptions);
    add_number(app, "--overlay", fit.augment.overlay, 0.0, 10.0, "SHARE",
               "Random background heard in every window")
        ->group(kMoreOptions);
    add_number(app, "--shift", fit.augment.shift, 0.0, 1.0, "SHARE", "Random shift in time of waveforms")
        ->group(kMoreOptions);
    add_number(app, "--noise", fit.augment.noise, 0.0, 1.0, "SHARE", "Random noise added to waveforms")
        ->group(kMoreOptions);
    app.add_flag("--flip", fit.augment.flip, "Turn waveforms upside down at random")->group(kMoreOptions);
    add_choice<train::Balance>(app, "--class-weights", fit.balance,
                               {{"balanced", train::Balance::weights},
                                {"drawn", train::Balance::drawn},
                                {"none", train::Balance::none}},
                               "Rare classes weigh as much (balanced), are drawn as often, or none")
        ->type_name("HOW")
        ->group(kMoreOptions);
    add_seed(app, fit.seed);
    app.add_option("--threads", options.threads, "Threads of matrix products (0: one per processor)")
        ->type_name("N")
        ->check(within(0, 4096))
        ->capture_default_str()
        ->group(kMoreOptions);
    app.add_flag("--resume", options.resume, "Go on from the model's last epoch");
    app.add_option("--tensorboard", options.tensorboard,
                   "Also log the run for TensorBoard, in a directory in this one")
        ->type_name("DIR")
        ->group(kMoreOptions);
    add_time(app, "--save-every", options.save_every_s, "Save the best so far this often")
        ->group(kMoreOptions);
}

/// `N` or `N,STEPS`.
void read_epochs(const std::string& text, train::FitOptions& fit) {
    const auto comma = text.find(',');
    const auto is_number = [](const std::string& digits, int& number) {
        return CLI::detail::lexical_cast(digits, number) && number >= 1 && number <= 1'000'000;
    };
    const bool fits = is_number(text.substr(0, comma), fit.epochs) &&
                      (comma == std::string::npos || is_number(text.substr(comma + 1), fit.min_steps));
    if (!fits) {
        throw UsageError(fmt::format(
            "--epochs {}: should be N, passes over the data from 1 to 1000000, or N,STEPS for more "
            "of them where they take fewer steps, such as 60,1000",
            text));
    }
}

}  // namespace

void add_train_options(CLI::App& app, TrainOptions& options) {
    add_data(app, options);
    add_examples(app, options);
    add_network(app, options.network);
    add_thresholds(app, options);
    add_fit(app, options);
}

void check_train_options(TrainOptions& options, const CLI::App& app) {
    auto background = parse_background(options.background);
    options.examples.background = std::move(background.label);
    options.data.background = std::move(background.paths);
    options.data.tags = split_list(options.tags);
    options.data.days = day_ranges("--days", options.days);
    options.data.test_days = day_ranges("--test-days", options.test_days);
    read_epochs(options.epochs, options.fit);
    train::check_compute(options.fit.compute);
    if (options.fit.compute == train::Compute::cuda && options.fit.autocast == train::Autocast::bfloat16)
        throw UsageError("--device cuda and --autocast bfloat16 exclude each other (there, all is float32)");
    if (options.thresholds.precision && options.thresholds.false_alarms_per_hour)
        throw UsageError("--precision and --false-alarms-per-hour exclude each other");
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
    if (options.examples.target == model::Target::recording && options.network.answer.kind != "sigmoid") {
        throw UsageError(
            "--target recording needs --loss sigmoid (each label is heard in some window or in none)");
    }
    if (options.examples.target == model::Target::recording && options.by_frame) {
        throw UsageError("--target recording keeps recordings whole (leave --split out)");
    }
}

}  // namespace earshot::tools
