#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "dataset/content_hash.h"
#include "dataset/recording.h"
#include "frontend/pretrained.h"
#include "model/model_directory.h"
#include "model/scorer.h"
#include "network/card.h"
#include "network/compute_threads.h"
#include "support/error.h"
#include "support/interrupt.h"
#include "support/json_lines.h"
#include "tools/options.h"
#include "tools/tool.h"
#include "tools/train/training_run.h"
#include "train/penalty_choice.h"
#include "windows/window_grid.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

train::SplitBy split_by(const TrainOptions& options) {
    return options.by_frame ? train::SplitBy::frame : train::SplitBy::group;
}

/// Of what frames of this kind are the logarithms, once compressed.
network::LogOf logarithms_of(const network::InputOptions& input, train::FrameScale scale) {
    if (scale == train::FrameScale::magnitude && input.compression.kind == "log")
        return network::LogOf::magnitude;
    if (scale == train::FrameScale::log_magnitude && input.compression.kind == "none")
        return network::LogOf::magnitude;
    if (input.range.db > 0 && !(scale == train::FrameScale::log_power && input.compression.kind == "none")) {
        throw UsageError(
            "--range needs logarithmic frames: logmel, or magnitudes with --compress log (for others give "
            "--range 0)");
    }
    return network::LogOf::power;
}

nlohmann::ordered_json architecture_of(const train::TrainingSet& set, network::NetworkOptions network) {
    const train::FrameScale scale = train::frame_scale(set.frontend);
    if (network.input.compression.kind == "auto") {
        network.input.compression.kind = scale == train::FrameScale::magnitude ? "log" : "none";
    }
    if (train::is_waveform(scale) && (network.paces > 0 || network.pitches > 0))
        throw UsageError("--paces and --pitches need frames of bands, but these are waveforms");
    network.input.range.values = logarithms_of(network.input, scale);
    network.frames = set.windowing.frames;
    network.inputs = set.dimension;
    network.answer.classes = static_cast<std::int64_t>(set.labels.size());
    network.answer.background = set.background_index();
    return network::describe_network(network);
}

/// @param which  auto, own, none or a file
void begin_as_ears(const std::string& which, train::FitOptions& fit) {
    if (which == "none") return;
    const std::string path = which == "auto" || which == "own" ? own_ears() : which;
    fit.start = std::make_shared<const network::Weights>(frontend::read_pretrained(path).weights);
    fit.start_hash = dataset::file_hash(path);
}

/// How examples are cut: as the network needs them.
train::ExampleOptions examples_of(const TrainOptions& options) {
    train::ExampleOptions examples = options.examples;
    const auto layout = network::step_layout(options.network);
    if ((layout.step_frames > 0) != (examples.target == model::Target::events))
        throw UsageError("--target events goes with --arch tcn, temporal or ears-events, and they with it");
    examples.step_frames = layout.step_frames;
    examples.context_frames = layout.context_frames;
    return examples;
}

/// Augmentation that frames of this kind cannot have would be left out without a word.
void check_augmentation(const train::AugmentOptions& options, const train::TrainingSet& set,
                        Console& console) {
    const train::FrameScale scale = train::frame_scale(set.frontend);
    const bool waves = train::is_waveform(scale);
    if (!waves && (options.shift > 0 || options.noise > 0 || options.flip)) {
        throw UsageError("--shift, --noise and --flip need frames of the front end waveform");
    }
    if (waves && options.warp > 0) throw UsageError("--warp shifts bands, but waveforms have none");
    if (options.equalise_db > 0 && (waves || scale == train::FrameScale::other))
        throw UsageError("--equalise needs frames of bands (spectrum, logmel)");
    if (options.overlay == 0) return;
    if (scale == train::FrameScale::other) throw UsageError("--overlay cannot mix these frames (pcen, mfcc)");
    if (set.background_index() < 0 && set.target != model::Target::events)
        console.warning(
            "--overlay: no background label, so nothing is mixed into windows (give --background LABEL)");
}

void cross_validate(TrainingRun& run, const std::vector<train::Fold>& split) {
    int epochs = 0;
    for (const train::Fold& fold : split)
        epochs = std::max(epochs, train::epochs_of(run.fit, fold.train.size()));
    auto& console = run.context.console;
    console.start_progress("cross-validation", static_cast<double>(split.size()) * epochs);
    run.crossed = earshot::train::cross_validate(
        run.set, run.architecture, split, run.fit, [&](std::size_t fold, const train::Epoch& epoch) {
            console.progress(static_cast<double>(fold) * epochs + epoch.number, describe(epoch));
            console.detail(fmt::format("fold {} epoch {}  {}", fold + 1, epoch.number, describe(epoch)));
        });
    console.end_progress();
    run.fit.epochs = run.crossed->epochs;
    run.fit.min_steps = 0;
}

/// The same where nothing is learnt but the last layer, with a penalty of which it is the best.
void choose_penalty(TrainingRun& run, const std::vector<train::Fold>& split) {
    auto& console = run.context.console;
    console.start_progress("cross-validation", std::nullopt);
    auto choice =
        train::choose_penalty(run.set, run.architecture, split, run.fit, [&](double penalty, double loss) {
            console.detail(fmt::format("penalty {:.3g}  loss {:.4f} on held-out data", penalty, loss));
        });
    console.end_progress();
    run.architecture["penalty"] = choice.penalty;
    run.crossed = std::move(choice.crossed);
}

/// Folds of the examples that are to be learnt, in as many parts as were asked for.
std::vector<train::Fold> folds_of(const TrainingRun& run, int folds) {
    // For events, the recipe asks for folds and not the user.
    const bool asked = run.options.folds > 0 && run.set.target != model::Target::events;
    auto split = train::cross_validation_folds(run.set, split_by(run.options), folds, run.fit.seed,
                                               asked ? train::Scarce::refuse : train::Scarce::learn);
    const auto learnt = [&](train::Rows& rows) {
        std::erase_if(rows, [&](auto row) { return !std::ranges::binary_search(run.fold.train, row); });
    };
    for (train::Fold& fold : split) {
        learnt(fold.train);
        learnt(fold.validation);
    }
    std::erase_if(split, [](const train::Fold& fold) { return fold.validation.empty(); });
    return split;
}

/// Who learns and who judges.
void choose_fold(TrainingRun& run) {
    const TrainOptions& options = run.options;
    if (options.test_share > 0) train::set_aside_test(run.set, options.test_share, run.fit.seed);
    const bool linear = run.architecture["kind"] == "linear";
    const bool at_once = linear || run.architecture["kind"] == "neighbours";
    const bool apart = !options.data.validation.empty();
    const double share =
        options.folds > 0 || (at_once && !options.validation_given) ? 0 : options.validation_share;
    if (apart) {
        run.fold = {run.set.labelled_rows(train::Role::train),
                    run.set.labelled_rows(train::Role::validation)};
    } else {
        run.fold = train::hold_out(run.set, split_by(options), share, run.fit.seed, train::Scarce::learn);
    }
    const int folds = options.folds > 0 ? options.folds : at_once ? train::usual_folds(run.set) : 0;
    if (folds == 0 || (apart && !linear)) return;
    const auto split = folds_of(run, folds);
    if (split.empty()) return;
    if (linear)
        choose_penalty(run, split);
    else
        cross_validate(run, split);
    if (!run.fold.validation.empty()) run.crossed.reset();  // which judges better
}

train::TrainedModel save(const TrainingRun& run, train::Trainer& trainer, bool replace) {
    trainer.fit_output();
    train::TrainedModel model = train::describe_model(run, trainer);
    model.file.provenance = provenance(run);
    model::ModelDirectory directory(run.options.output, replace);
    trainer.save(directory.temporary_path());
    keep_pretrained(run, directory.temporary_path());
    const auto history = open_output((fs::path(directory.temporary_path()) / "history.jsonl").string());
    JsonLines lines(*history);
    for (const train::Epoch& epoch : trainer.history()) lines.write(to_json(epoch));
    history->close();
    model::write_model_file(model.file, directory.temporary_path());
    directory.publish();
    return model;
}

void log_epoch(const train::Epoch& epoch, train::TensorBoardFile& log) {
    log.scalar("loss/training", epoch.number, epoch.loss);
    log.scalar("accuracy/training", epoch.number, epoch.accuracy);
    if (epoch.validation_loss) log.scalar("loss/validation", epoch.number, *epoch.validation_loss);
    if (epoch.validation_accuracy)
        log.scalar("accuracy/validation", epoch.number, *epoch.validation_accuracy);
    if (epoch.validation_score) log.scalar("score/validation", epoch.number, *epoch.validation_score);
}

/// The log of this run: a directory of the model's name, which trackers show as the name of the run.
std::optional<train::TensorBoardFile> open_log(const TrainOptions& options) {
    if (options.tensorboard.empty()) return std::nullopt;
    const fs::path model = fs::path(options.output).lexically_normal();
    const fs::path name = model.has_filename() ? model.filename() : model.parent_path().filename();
    return train::TensorBoardFile((fs::path(options.tensorboard) / name).string());
}

/// Epochs until the end, early or not, or the user's interrupt. Saves on the way if it takes long.
train::TrainedModel train(const TrainingRun& run, train::Trainer& trainer) {
    using Clock = std::chrono::steady_clock;
    auto& console = run.context.console;
    bool replace = run.options.force || run.options.resume;
    auto saved = Clock::now();
    auto log = open_log(run.options);
    console.start_progress("train", train::epochs_of(run.fit, run.fold.train.size()));
    while (!trainer.finished() && !interrupted()) {
        const auto epoch = trainer.run_epoch();
        if (!epoch) break;
        console.progress(epoch->number, describe(*epoch));
        console.detail(fmt::format("epoch {}  {}", epoch->number, describe(*epoch)));
        if (log) log_epoch(*epoch, *log);
        if (std::chrono::duration<double>(Clock::now() - saved).count() >= run.options.save_every_s) {
            save(run, trainer, replace);
            replace = true;
            saved = Clock::now();
        }
    }
    console.end_progress();
    if (trainer.best_epoch() == 0) throw Interrupted();
    train::TrainedModel model = save(run, trainer, replace);
    if (log) log_result(trainer, model.evaluation, *log);
    return model;
}

/// The network that these options would train on this data.
std::string described(const train::TrainingSet& set, const nlohmann::ordered_json& architecture) {
    return network::card_text(network::card_of(
        network::make_graph(train::completed(architecture, set, set.labelled_rows(train::Role::train))),
        windows::windows_per_s(set.frontend, set.windowing)));
}

Exit run(const TrainOptions& options, const std::string& recipe, Context& context) {
    if (!options.describe) model::check_model_place(options.output, options.force || options.resume);
    if (options.resume && !fs::exists(options.output)) {
        throw Error(fmt::format("{}: no model to resume (train it without --resume first)", options.output));
    }
    network::set_compute_threads(effective_jobs(options.threads));
    TrainingRun run{{}, options, context, {}};
    run.recipe = recipe;
    run.fit = options.fit;
    if (has_ears(options)) begin_as_ears(options.ears, run.fit);
    run.thresholds = options.thresholds;
    run.objective = options.objective;
    run.set = train::load_training_set(options.data, examples_of(options));
    check_augmentation(run.fit.augment, run.set, context.console);
    run.architecture = architecture_of(run.set, options.network);
    if (options.describe) {
        context.out.write(described(run.set, run.architecture));
        return Exit::ok;
    }
    run.pretrained = find_pretrained(run.set);
    choose_fold(run);
    describe_data(run);
    train::Trainer trainer(run.set, run.architecture, run.fold.train, run.fold.validation, run.fit);
    if (options.resume) trainer.resume(options.output);
    describe_result(run, train(run, trainer).file);
    return Exit::ok;
}

/// The recipe that the datasets were made with, or the one for vectors.
std::string default_recipe(const CLI::App& app) {
    for (const std::string& path : app.get_option("datasets")->results()) {
        const auto files = fs::is_directory(path) ? dataset::dataset_files(path) : std::vector{path};
        if (files.empty()) return "";
        const auto recipe = dataset::read_recipe(files.front());
        return recipe.empty() && dataset::has_vectors(files.front()) ? "vectors" : recipe;
    }
    return "";
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<TrainOptions>();
    add_train_options(app, *options);
    return [options, &app](Context& context) {
        check_train_options(*options, app);
        return run(*options, context.recipe, context);
    };
}

}  // namespace

const Tool tool{"train",
                "Train a model on datasets that earshot datagen has made.",
                "Example:\n  earshot train data/ -o monitor.model --recipe spectrum-mlp",
                declare,
                nullptr,
                default_recipe};

}  // namespace earshot::tools
