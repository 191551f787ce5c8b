#include "tools/evaluate/timelines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evaluate/timeline_judge.h"
#include "support/counted.h"
#include "support/error.h"
#include "tools/evaluate/ranking.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

/// @throws UsageError for options that need a model
void check_timelines(const EvaluateOptions& options, const std::vector<std::string>& truth) {
    if (truth.empty()) throw UsageError("no labels to judge by (name label files or labelled recordings)");
    const auto refuse = [](bool given, const char* option) {
        if (given) throw UsageError(fmt::format("{} needs a model, and --detections needs none", option));
    };
    refuse(!options.scores.empty(), "--scores");
    refuse(!options.curves.empty(), "--curves");
    refuse(options.per_recording, "--per-recording");
    refuse(options.part, "--shard");
    refuse(options.merge, "--merge");
    refuse(!options.day_texts.empty(), "--days");
    refuse(!options.background_data.empty(), "a directory for --background");
}

std::string text_of(evaluate::TimelineJudge& judge, const metrics::EventFigures& figures) {
    std::string text = metrics::event_text(judge.evaluation(), figures);
    if (judge.left_out() > 0)
        text += counted(judge.left_out(), "recording") + " left out: labels without times\n";
    if (judge.guessed_lengths() > 0) {
        text += counted(judge.guessed_lengths(), "recording") +
                " of unknown length, taken to end with the last event\n";
    }
    return text;
}

nlohmann::ordered_json json_of(evaluate::TimelineJudge& judge, const EvaluateOptions& options,
                               const std::vector<std::string>& truth, const metrics::EventFigures& figures) {
    nlohmann::ordered_json report{{"truth", truth}, {"detections", options.detections}};
    if (!options.score_tables.empty()) report["score_tables"] = options.score_tables;
    report["left_out"] = judge.left_out();
    report["unknown_lengths"] = judge.guessed_lengths();
    report["events"] = metrics::event_json(judge.evaluation(), figures);
    return report;
}

}  // namespace

Exit judge_timelines(const EvaluateOptions& options, Context& context) {
    std::vector<std::string> truth = options.data;
    if (!options.model.empty()) truth.insert(truth.begin(), options.model);
    check_timelines(options, truth);
    evaluate::TimelineChoice choice{options.tags, options.leave_out, "background", options.criteria};
    if (!options.background.empty()) choice.background = options.background;
    evaluate::TimelineJudge judge(evaluate::read_true_events(truth, options.labels, options.durations),
                                  std::move(choice));
    judge.judge({options.detections, options.score_tables});
    for (const auto& warning : judge.warnings()) context.console.warning(warning);
    const auto figures = judge.evaluation().figures();
    const auto out = options.output == "-" ? nullptr : open_text_output(options.output);
    Output& report = out ? *out : context.out;
    report.write(options.json ? json_text(json_of(judge, options, truth, figures)) : text_of(judge, figures));
    if (out) out->close();
    return Exit::ok;
}

}  // namespace earshot::tools
