#include <fmt/format.h>

#include "detect/event_writer.h"
#include "support/error.h"
#include "tools/detect/batch.h"
#include "tools/detect/detect_options.h"
#include "tools/detect/inputs.h"
#include "tools/detect/live.h"
#include "tools/detect/per_recording.h"
#include "tools/help.h"
#include "tools/options.h"
#include "tools/shard_option.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

void declare_rules(CLI::App& app, detect::EventRuleOptions& rules) {
    app.add_option("--threshold", rules.thresholds, "Score at which an event begins (default: the model's)")
        ->type_name("[L=]X")
        ->allow_extra_args(false);
    app.add_option("--off-threshold", rules.off_thresholds,
                   "Score below which it ends (default: the threshold)")
        ->type_name("[L=]X")
        ->allow_extra_args(false);
    add_time(app, "--smooth", rules.smooth_s, "Length of the median filter that smooths scores");
    add_time(app, "--merge-gap", rules.merge_gap_s, "Merge events of a label across gaps up to this long");
    add_time(app, "--min-duration", rules.min_duration_s, "Drop events shorter than this, after merging");
    app.add_option("--cool-down", rules.cool_downs,
                   "Time after an event before the next of its label may begin")
        ->type_name("[L=]TIME")
        ->allow_extra_args(false);
    app.add_option("--confirm", rules.confirms,
                   "Begin an event only if N of M successive windows reach the threshold")
        ->type_name("[L=]N/M")
        ->allow_extra_args(false);
    app.add_option("--suppress", rules.suppressions, "Drop events near others: \"crying near dog:5s\"")
        ->type_name("RULE")
        ->allow_extra_args(false);
    app.add_option("--label", rules.labels, "Detect only this label (repeatable); any: any sound")
        ->type_name("LABEL")
        ->allow_extra_args(false);
    app.add_option("--min-level", rules.min_level_dbfs, "Ignore sound quieter than this")
        ->type_name("DBFS")
        ->check(CLI::Range(-200, 0));
}

void declare_live(CLI::App& app, LiveOptions& live) {
    app.add_option("--device", live.device, "Live source: default, pulse:, alsa:, lavfi:..., a URL or -")
        ->type_name("NAME");
    app.add_flag("--partial", live.partial, "Write a line when an event begins and one when it ends");
    app.add_option("--on-event", live.on_event, "Run this for each event")->type_name("PROGRAM");
    app.add_option("--save-clips", live.save_clips, "Save the sound of each event")->type_name("DIR");
    add_time(app, "--pre", live.pre_s, "Sound before the event to include in its clip");
    add_time(app, "--post", live.post_s, "Sound after the event to include in its clip");
    add_time(app, "--stats", live.stats_s, "Write a line of statistics at this interval");
    app.add_option("--view", live.view, "Show a live view on the terminal: auto, always, never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    app.add_flag("--no-reconnect", live.no_reconnect, "Exit when the device is lost");
}

void declare_tags(CLI::App& app, TagOptions& tags) {
    app.add_option("--pretrained", tags.network,
                   "Report the classes of a network instead of a model's labels: own (the ears), or a file")
        ->type_name("FILE");
    app.add_option("--tags", tags.class_map, "Names of its classes (default: the class map beside it)")
        ->type_name("FILE");
    app.add_option("--group", tags.groups, "Report these of its classes as one label: \"dog=Dog,Bark,Howl\"")
        ->type_name("L=CLASS,...")
        ->allow_extra_args(false);
}

/// With --pretrained, all words are inputs.
void take_model(DetectOptions& options) {
    const TagOptions& tags = options.tags;
    if (tags.network.empty()) {
        if (!tags.class_map.empty() || !tags.groups.empty())
            throw UsageError(
                "--tags and --group are about the classes of a network (give --pretrained FILE)");
        if (options.model.empty())
            throw UsageError(
                "no model (name its directory, or report what earshot's own ears know: --pretrained own)");
        return;
    }
    if (options.overlap > 0)
        throw UsageError(
            "--overlap cannot be combined with --pretrained (a .ears file made with datagen "
            "--vector-hop has windows closer to each other)");
    if (!options.model.empty()) options.inputs.insert(options.inputs.begin(), options.model);
    options.model = tags.network;
}

void refuse_what_is_live(const LiveOptions& live) {
    const auto refuse = [](bool given, const char* what) {
        if (given)
            throw UsageError(
                fmt::format("{} needs live sound (give --device; --device - reads standard input)", what));
    };
    refuse(live.partial, "--partial");
    refuse(!live.on_event.empty(), "--on-event");
    refuse(!live.save_clips.empty(), "--save-clips");
    refuse(live.stats_s > 0, "--stats");
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<DetectOptions>();
    app.add_option("MODEL", options->model, "Model directory, made by earshot train; none with --pretrained")
        ->type_name("")
        ->configurable(false);
    app.add_option("INPUT", options->inputs, "Files, directories, @lists, URLs or - (stdin)")
        ->type_name("...")
        ->configurable(false);
    add_output(app, options->output, "File, or DIR/ for a file per recording (default: stdout)");
    app.add_option("--format", options->format, "Output format (default: from the file name)")
        ->check(CLI::IsMember(detect::event_format_names()));
    app.add_flag("--per-recording", options->per_recording,
                 "Write the label of each recording, as CSV, instead of events");
    add_flag_or_value(app, "--scores", options->with_scores, options->scores,
                      "Also write scores: TSV of windows, or a column of --per-recording")
        ->type_name("FILE|DIR/|-");
    app.add_option("--rejected", options->rejected,
                   "Also write what almost was an event, and why it was none")
        ->type_name("PATH");
    app.add_option("--top", options->top, "Write the K best labels of each recording instead of events")
        ->type_name("K")
        ->check(CLI::Range(1, 1'000'000));
    declare_rules(app, options->rules);
    app.add_option("--overlap", options->overlap,
                   "Overlap of successive windows, as a fraction of their length")
        ->type_name("X")
        ->check(CLI::Range(0.0, 0.99));
    add_source(app, options->source);
    add_jobs(app, options->jobs);
    add_unbuffered(app, options->unbuffered);
    app.add_flag("--exit-status", options->exit_status, "Exit with status 4 if nothing was detected");
    add_shard(app, options->shard);
    declare_live(app, options->live);
    declare_tags(app, options->tags);
    for (const char* name :
         {"--cool-down",  "--confirm",    "--suppress", "--rejected",     "--min-level",  "--overlap",
          "--raw",        "--unbuffered", "--partial",  "--on-event",     "--save-clips", "--pre",
          "--post",       "--stats",      "--view",     "--no-reconnect", "--shard",      "--exit-status",
          "--pretrained", "--tags",       "--group"})
        app.get_option(name)->group(kMoreOptions);
    return [options](Context& context) {
        take_model(*options);
        if (options->with_scores && options->scores.empty() && !options->per_recording)
            throw UsageError(
                "--scores needs a destination (write --scores=FILE, --scores=DIR/ or --scores=-)");
        if (!options->live.device.empty()) return detect_live(*options, context);
        refuse_what_is_live(options->live);
        if (options->inputs.empty()) throw UsageError("no input (name recordings, or give - or --device)");
        if (options->per_recording) return detect_per_recording(*options, context);
        return detect_batch(*options, context);
    };
}

}  // namespace

const Tool tool{"detect", "Find events in recordings.",
                "Examples:\n"
                "  earshot detect model/ night.mp3\n"
                "  earshot detect --pretrained yamnet_spectra_in.tflite night.mp3\n"
                "  earshot detect model/ --device default",
                declare};

}  // namespace earshot::tools
