#include "tools/train/train_options.h"

#include <fmt/format.h>

#include "metrics/event_evaluation.h"
#include "support/error.h"
#include "support/setting.h"
#include "tools/help.h"
#include "tools/options.h"
#include "tools/selection.h"
#include "tools/setting_options.h"

namespace earshot::tools {
namespace {

CLI::Option* add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& unit, const std::string& description) {
    return app.add_option(name, values, description)->type_name(unit)->allow_extra_args(false);
}

/// What the whole run is about. What networks and learning have for settings is described where they are.
std::vector<Setting> run_settings(TrainOptions& options) {
    return {
        Setting("validation", number_in(options.validation_share, 0, 0.9), "FRACTION",
                "Fraction held out, unless --validation-data or --folds")
            .basic(),
        Setting("test", number_in(options.test_share, 0, 0.9), "FRACTION",
                "Fraction set aside first, only to report on"),
        Setting("folds", whole_in(options.folds, 0, 1000), "K", "Cross-validate, then train on everything")
            .basic(),
        {"split", choice_of<bool>(options.by_frame, {{"group", false}, {"frames", true}}), "BY",
         "Split by whole recordings (group) or single frames (frames)"},
        {"precision", number_in(options.thresholds.precision, 0.01, 1), "FRACTION",
         "Choose thresholds for this precision"},
        {"false-alarms-per-hour", number_in(options.thresholds.false_alarms_per_hour, 0, 1e6), "N",
         "Choose thresholds for at most N false alarms an hour"},
        {"false-alarms-per-week", number_in(options.false_alarms_per_week, 0, 1e8), "N",
         "The same, but a week"},
        {"objective",
         choice_of<train::Objective>(options.objective, {{"event-f1", train::Objective::event_f1},
                                                         {"segment-f1", train::Objective::segment_f1},
                                                         {"psds", train::Objective::psds},
                                                         {"false-alarms", train::Objective::false_alarms}}),
         "WHAT", "What event rules are chosen for"},
        {"threads", whole_in(options.threads, 0, 4096), "N",
         "Threads for matrix products (0: one per processor)"},
        {"tensorboard", any_text(options.tensorboard), "DIR",
         "Also log the run for TensorBoard, under this directory"},
        {"save-every", time_of(options.save_every_s), "TIME", "Save the best model so far at this interval"},
    };
}

void add_data(CLI::App& app, TrainOptions& options) {
    app.add_option("datasets", options.data.train, "Datasets (NPZ files, or directories of them)")
        ->type_name("DATASET")
        ->required();
    add_output(app, options.output, "Directory of the model (required)");
    add_force(app, options.force);
    add_list(app, "--validation-data", options.data.validation, "DATASET",
             "Validate on these datasets instead (repeatable)")
        ->group(kMoreOptions);
    add_list(app, "--test-data", options.data.test, "DATASET", "Report on these datasets too (repeatable)")
        ->group(kMoreOptions);
    add_list(app, "--background", options.background, "WHAT",
             "Label that makes no events, or datasets of it (repeatable)");
    add_list(app, "--leave-out", options.data.leave_out, "LABEL",
             "Ignore frames with this label (repeatable)")
        ->group(kMoreOptions);
    add_list(app, "--tags", options.tags, "LABELS", "Learn only these labels, A,B (repeatable)")
        ->group(kMoreOptions);
    add_list(app, "--days", options.days, "A[..B]", "Use only recordings of these days (repeatable)")
        ->group(kMoreOptions);
    add_list(app, "--test-days", options.test_days, "A[..B]", "Test on recordings of these days (repeatable)")
        ->group(kMoreOptions);
    app.add_option("--ears", options.ears, "Begin --arch ears as: auto (own), none or FILE.ears")
        ->type_name("WHICH")
        ->capture_default_str()
        ->group(kMoreOptions);
    app.add_flag("--link", options.link,
                 "Link to the pretrained network of the datasets instead of copying it")
        ->group(kMoreOptions);
    app.add_flag("--resume", options.resume, "Resume from the model's last epoch")->group(kMoreOptions);
    app.add_flag("--describe", options.describe, "Print the network's layers, sizes and cost; train nothing")
        ->group(kMoreOptions);
}

void check_thresholds(TrainOptions& options) {
    auto& wish = options.thresholds;
    if (wish.false_alarms_per_hour && options.false_alarms_per_week)
        throw UsageError("--false-alarms-per-hour and --false-alarms-per-week cannot be combined");
    if (options.false_alarms_per_week)
        wish.false_alarms_per_hour = *options.false_alarms_per_week / metrics::EventFigures::kHoursAWeek;
    if (wish.precision && wish.false_alarms_per_hour) {
        throw UsageError(fmt::format("--precision and --false-alarms-per-{} cannot be combined",
                                     options.false_alarms_per_week ? "week" : "hour"));
    }
    if (options.objective != train::Objective::false_alarms) return;
    if (options.examples.target == model::Target::recording)
        throw UsageError(
            "--objective false-alarms is for events, but with --target recording there are none");
    if (!wish.false_alarms_per_hour)
        throw UsageError("--objective false-alarms needs a limit (--false-alarms-per-week N)");
}

}  // namespace

void add_train_options(CLI::App& app, TrainOptions& options) {
    options.network.input.compression.kind = "auto";
    add_data(app, options);
    add_settings(app, run_settings(options));
    add_settings(app, train::example_settings(options.examples));
    add_settings(app, network::network_settings(options.network));
    add_settings(app, network::input_settings(options.network.input));
    add_settings(app, train::fit_settings(options.fit));
    add_settings(app, train::augment_settings(options.fit.augment));
}

void check_train_options(TrainOptions& options, const CLI::App& app) {
    auto background = parse_background(options.background);
    options.examples.background = std::move(background.label);
    options.data.background = std::move(background.paths);
    options.data.tags = split_list(options.tags);
    options.data.days = day_ranges("--days", options.days);
    options.data.test_days = day_ranges("--test-days", options.test_days);
    train::check_compute(options.fit.compute);
    if (options.fit.compute == train::Compute::cuda && options.fit.autocast == train::Autocast::bfloat16)
        throw UsageError(
            "--compute cuda and --autocast bfloat16 cannot be combined (CUDA runs train in float32)");
    check_thresholds(options);
    const auto given = [&](const char* name) { return app.get_option(name)->count() > 0; };
    options.validation_given = given("--validation");
    if (!has_ears(options) && options.ears != "auto")
        throw UsageError("--ears is for --arch ears and ears-events");
    if (options.output.empty() && !options.describe) throw UsageError("--output is required");
    if (options.output == "-") throw UsageError("a model is a directory and cannot go to standard output");
    if (options.folds == 1) throw UsageError("--folds 1: at least 2 are needed");
    if (options.folds > 0 && options.resume) {
        throw UsageError(
            "--folds and --resume cannot be combined (resume works on a single training run; give --folds "
            "0)");
    }
    const bool events = options.examples.target == model::Target::events;  // whose recipe asks for folds
    if (options.folds > 0 && given("--validation-data") && !events) {
        throw UsageError(
            "--folds and --validation-data cannot be combined (each fold is validated on itself)");
    }
    if (options.examples.target == model::Target::recording && options.network.answer.kind != "sigmoid") {
        throw UsageError(
            "--target recording needs --loss sigmoid (each label occurs in some window or in none)");
    }
    if (options.examples.target == model::Target::recording && options.by_frame) {
        throw UsageError("--target recording keeps recordings whole (leave --split out)");
    }
}

}  // namespace earshot::tools
