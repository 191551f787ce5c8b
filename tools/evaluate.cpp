#include <fmt/format.h>

#include <filesystem>

#include "support/error.h"
#include "tools/evaluate/judgement.h"
#include "tools/evaluate/ranking.h"
#include "tools/evaluate/timelines.h"
#include "tools/help.h"
#include "tools/options.h"
#include "tools/selection.h"
#include "tools/shard_option.h"
#include "tools/source_options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

Exit judge_one(const EvaluateOptions& options, Context& context) {
    Judgement judgement(options, context);
    const auto open = [](const std::string& path) { return path.empty() ? nullptr : open_text_output(path); };
    const auto out = options.output == "-" ? nullptr : open_text_output(options.output);
    Output& report = out ? *out : context.out;
    if (options.part) {
        const Exit status = judgement.write_part(report);
        if (out) out->close();
        return status;
    }
    const auto scores = open(options.scores), curves = open(options.curves);
    if (!judgement.judge(scores.get())) return Exit::failure;
    report.write(options.json ? json_text(judgement.json()) : judgement.text());
    if (curves) write_curves(*curves, judgement.tally());
    for (const auto& file : {out.get(), scores.get(), curves.get()}) {
        if (file) file->close();
    }
    return judgement.status();
}

/// @throws UsageError for options that do not go together
void check_parts(const EvaluateOptions& options) {
    const bool report =
        options.json || options.per_recording || !options.scores.empty() || !options.curves.empty();
    if (options.part && options.merge) throw UsageError("--shard and --merge cannot be combined");
    if (options.part && report)
        throw UsageError(
            "--shard writes scores, not a report (give --json, --per-recording, --scores and --curves with "
            "--merge)");
    const bool choice = !options.labels.empty() || !options.background_given.empty() ||
                        !options.leave_out.empty() || !options.tags.empty() || !options.day_texts.empty();
    if (options.merge && choice)
        throw UsageError(
            "--merge reads finished scores (give --labels, --background, --leave-out, --tags and --days with "
            "--shard)");
}

bool is_model(const std::string& path) {
    std::error_code ignored;
    return fs::exists(fs::path(path) / "model.json", ignored);
}

/// @throws UsageError for criteria that no event or no segment could meet
void check_criteria(const EvaluateOptions& options) {
    if (!(options.criteria.segment_s > 0)) throw UsageError("--segment must be above 0");
}

Exit run(EvaluateOptions options, Context& context) {
    check_criteria(options);
    options.tags = split_list(options.tags);
    auto background = parse_background(options.background_given);
    options.background = background.label.value_or("");
    options.background_data = std::move(background.paths);
    if (!options.detections.empty() || !options.score_tables.empty())
        return judge_timelines(options, context);
    if (options.model.empty())
        throw UsageError("no model (name a model directory, or files of events with --detections)");
    if (!options.durations.empty()) throw UsageError("--durations goes with --detections or --score-tables");
    check_parts(options);
    options.days = day_ranges("--days", options.day_texts);
    std::vector<std::string> models{options.model};
    std::erase_if(options.data, [&](const std::string& path) {
        if (!is_model(path)) return false;
        models.push_back(path);
        return true;
    });
    const bool data = !options.data.empty() || !options.background_data.empty();
    if (models.size() == 1 && data) return judge_one(options, context);
    if (!options.scores.empty() || !options.curves.empty() || options.per_recording || options.part ||
        options.merge) {
        throw UsageError("--scores, --curves, --per-recording, --shard and --merge need one model and DATA");
    }
    return rank_models(models, options, context);
}

void declare_events(CLI::App& app, EvaluateOptions& options) {
    app.add_option("--detections", options.detections,
                   "Judge these events of any program; DATA says what is true (repeatable)")
        ->type_name("FILE")
        ->allow_extra_args(false);
    app.add_option("--score-tables", options.score_tables,
                   "Judge these scores too, or alone: detect --scores=DIR/ writes them")
        ->type_name("DIR");
    app.add_option("--durations", options.durations, "Length of each recording: TSV of filename, duration")
        ->type_name("FILE");
    add_time(app, "--collar", options.criteria.collars.collar_s,
             "How far onset and offset of an event may be off");
    add_time(app, "--segment", options.criteria.segment_s, "Length of a segment, for figures by segment");
}

Runner declare(CLI::App& app) {
    auto options = std::make_shared<EvaluateOptions>();
    app.add_option("MODEL", options->model, "Model directory, made by earshot train; several are ranked")
        ->type_name("")
        ->configurable(false);
    app.add_option("DATA", options->data, "Datasets (NPZ files, directories of them) or labelled recordings")
        ->type_name("...")
        ->configurable(false);
    app.add_flag("--json", options->json, "Write the figures as JSON");
    app.add_flag("--per-recording", options->per_recording, "Show each recording's accuracy too");
    add_output(app, options->output, "File for the report (default: stdout)");
    app.add_option("--scores", options->scores, "Also write each window's truth and scores as TSV")
        ->type_name("FILE");
    app.add_option("--curves", options->curves, "Also write the curves, point by point, as TSV")
        ->type_name("FILE");
    app.add_option("--tags", options->tags,
                   "Evaluate only these labels; others count as unknown, or are ignored")
        ->type_name("A,B")
        ->allow_extra_args(false);
    app.add_option("--days", options->day_texts, "Use only recordings of these days (repeatable)")
        ->type_name("A[..B]")
        ->allow_extra_args(false);
    app.add_option("--leave-out", options->leave_out, "Ignore windows with this label (repeatable)")
        ->type_name("LABEL")
        ->allow_extra_args(false);
    app.add_option("--labels", options->labels, "Label file for all recordings (default: search beside each)")
        ->type_name("FILE");
    app.add_option("--background", options->background_given,
                   "Label for unlabelled time, or recordings of it (repeatable)")
        ->type_name("WHAT")
        ->allow_extra_args(false);
    declare_events(app, *options);
    add_source(app, options->source);
    add_shard(app, options->shard);
    app.add_flag("--merge", options->merge, "DATA is the output of --shard runs: report on all parts");
    add_jobs(app, options->jobs);
    for (const char* name : {"--curves", "--days", "--channels", "--start", "--duration", "--raw"})
        app.get_option(name)->group(kMoreOptions);
    return [options, &app](Context& context) {
        options->part = app.get_option("--shard")->count() > 0;
        return run(*options, context);
    };
}

}  // namespace

const Tool tool{
    "evaluate",
    "Evaluate a model on labelled data, or the events of any program: F1, areas under curves, PSDS.",
    "Examples:\n"
    "  earshot evaluate model/ test-dataset/\n"
    "  earshot evaluate model/ recordings/ --per-recording\n"
    "  earshot evaluate model/ test-dataset/ --json | jq .accuracy\n"
    "  earshot evaluate models/*\n"
    "  earshot evaluate --detections events.jsonl labels.tsv",
    declare};

}  // namespace earshot::tools
