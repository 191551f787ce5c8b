#include "tools/evaluate/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "support/counted.h"

namespace earshot::tools {
namespace {

std::string false_alarms_text(const evaluate::FalseAlarmTally& alarms,
                              const std::vector<std::string>& labels) {
    std::vector<std::string> each;
    for (std::size_t c = 0; c < labels.size(); ++c) {
        if (alarms.counts(c)) each.push_back(fmt::format("{}: {:.3g}", labels[c], alarms.per_hour(c)));
    }
    return fmt::format("false alarms an hour, in {:.3g} h of background: {}\n", alarms.hours(),
                       fmt::join(each, ", "));
}

/// Of what detect would find in the recordings; empty if none has labels with times.
std::string events_text(evaluate::JudgementTally& tally) {
    auto* events = tally.events();
    if (!events) return "";
    std::string text = "\n" + metrics::event_text(*events, events->figures());
    if (tally.untimed() > 0)
        text +=
            counted(tally.untimed(), "recording") + " left out of these: labels or frames without times\n";
    return text;
}

}  // namespace

std::string report_text(evaluate::JudgementTally& tally, bool per_recording) {
    const bool whole = tally.of_recordings();
    const char* unit = whole ? "recording" : "window";
    std::string report = metrics::evaluation_text(tally.evaluation(), unit);
    report.pop_back();
    if (!whole) report += " in " + counted(tally.count(), "recording");
    if (tally.left_out() > 0) report += fmt::format(", {} left out", counted(tally.left_out(), unit));
    report += '\n';
    if (whole)
        report +=
            "\n" + metrics::detection_text(tally.evaluation(), tally.thresholds(), tally.quiet_labels());
    if (const auto* alarms = tally.false_alarms()) report += false_alarms_text(*alarms, tally.labels());
    report += events_text(tally);
    if (!per_recording) return report;
    report += "\n windows  accuracy  balanced  recording\n";
    for (const auto& [name, confusion] : tally.recordings()) {
        report += fmt::format("{:>8}  {:>8.3f}  {:>8.3f}  {}\n", confusion.total(), confusion.accuracy(),
                              confusion.balanced_accuracy(), name);
    }
    return report;
}

void write_curves(Output& out, const evaluate::JudgementTally& tally) {
    const auto& evaluation = tally.evaluation();
    out.write("curve\tlabel\tthreshold\tx\ty\n");
    for (std::size_t c = 0; c < tally.labels().size(); ++c) {
        for (const auto& point : evaluation.precision_recall(c)) {
            out.write(fmt::format("precision-recall\t{}\t{}\t{}\t{}\n", tally.labels()[c], point.threshold,
                                  point.recall, point.precision));
        }
    }
    const auto open = evaluation.open_set();
    if (!open) return;
    for (const auto& point : open->curve) {
        out.write(
            fmt::format("open-set\t\t{}\t{}\t{}\n", point.threshold, point.false_positives, point.correct));
    }
}

void write_scores_header(Output& out, const std::vector<std::string>& labels) {
    out.write(fmt::format("file\tonset\tlabel\t{}\n", fmt::join(labels, "\t")));
}

void write_scores(Output& out, const std::string& file, const evaluate::JudgedRecording& judged,
                  const std::vector<std::string>& labels) {
    for (std::size_t w = 0; w < judged.truths.size(); ++w) {
        const auto scores = std::span(judged.scores).subspan(w * labels.size(), labels.size());
        out.write(fmt::format("{}\t{:.3f}\t{}\t{}\n", file, judged.onsets_s[w], labels[judged.truths[w]],
                              fmt::join(scores, "\t")));
    }
}

}  // namespace earshot::tools
