// The figures of an EventEvaluation as JSON and as text.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "metrics/event_evaluation.h"
#include "support/counted.h"
#include "support/json_lines.h"

namespace earshot::metrics {
namespace {

using ReportJson = nlohmann::ordered_json;

constexpr int kEventDecimals = 6;

ReportJson six(double value) { return rounded(value, kEventDecimals); }

ReportJson json_of(const EventRatios& ratios) {
    return {{"precision", six(ratios.precision)}, {"recall", six(ratios.recall)}, {"f1", six(ratios.f1)}};
}

EventRatios ratios_of(const HitCounts& counts) { return {counts.precision(), counts.recall(), counts.f1()}; }

ReportJson json_of(const Confidence& interval) {
    return ReportJson::array({six(interval.low), six(interval.high)});
}

ReportJson psds_json(const std::optional<Psds::Result>& psds) {
    return psds ? six(psds->score) : ReportJson();
}

ReportJson label_json(const EventFigures& figures, std::size_t label) {
    const auto& counts = figures.labels[label];
    ReportJson one{{"reference", counts.events.reference}, {"detected", counts.events.detected}};
    one["event"] = json_of(ratios_of(counts.events));
    one["segment"] = json_of(ratios_of(counts.segments));
    one["segment"]["error_rate"] = six(error_rate(counts.segments));
    one["intersection"] = json_of(ratios_of(counts.intersections));
    one["psds1"] = figures.psds1 ? six(figures.psds1->labels[label]) : ReportJson();
    one["psds2"] = figures.psds2 ? six(figures.psds2->labels[label]) : ReportJson();
    const double alarms = figures.false_alarms_per_hour(counts);
    one["false_alarms_per_hour"] = six(alarms);
    one["false_alarms_per_week"] = six(alarms * EventFigures::kHoursAWeek);
    return one;
}

ReportJson averages_json(const EventFigures& figures, HitCounts EventCounts::*which) {
    return {{"macro", json_of(macro_average(figures.labels, which))},
            {"micro", json_of(ratios_of(figures.all.*which))}};
}

std::string cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:.3f}", value); }

std::string rate_cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:.3g}", value); }

std::string row(const std::string& name, std::size_t width, const std::vector<std::string>& cells) {
    static constexpr std::size_t kWidths[] = {6, 6, 9, 7, 7, 9, 7, 10, 7, 7, 9};
    std::string text = fmt::format("{:<{}}", name, width);
    for (std::size_t i = 0; i < cells.size(); ++i) text += fmt::format("{:>{}}", cells[i], kWidths[i]);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
}

std::string interval_text(std::string_view name, double value, const Confidence& interval) {
    return std::isnan(interval.low)
               ? fmt::format("{} {}", name, cell(value))
               : fmt::format("{} {} ({:.3f} to {:.3f})", name, cell(value), interval.low, interval.high);
}

/// The main figures with their intervals, a sentence each for events, segments and PSDS.
std::string main_text(const EventFigures& figures) {
    const auto& intervals = figures.intervals;
    const auto f1 = [&](HitCounts EventCounts::*which) { return macro_average(figures.labels, which).f1; };
    std::string text =
        fmt::format("event F1: {}, {}\nsegment F1: {}, {}\n",
                    interval_text("macro", f1(&EventCounts::events), intervals.event_macro_f1),
                    interval_text("micro", figures.all.events.f1(), intervals.event_micro_f1),
                    interval_text("macro", f1(&EventCounts::segments), intervals.segment_macro_f1),
                    interval_text("micro", figures.all.segments.f1(), intervals.segment_micro_f1));
    if (figures.psds1 && figures.psds2) {
        text += fmt::format("{}, {}{}\n", interval_text("PSDS1", figures.psds1->score, intervals.psds1),
                            interval_text("PSDS2", figures.psds2->score, intervals.psds2),
                            figures.scored < figures.recordings
                                ? fmt::format(", of {} with scores", counted(figures.scored, "recording"))
                                : "");
    }
    const double alarms = figures.false_alarms_per_hour(figures.all);
    return text + fmt::format("false alarms: {} an hour, {} a week, in {:.3g} h of {}\n", rate_cell(alarms),
                              rate_cell(alarms * EventFigures::kHoursAWeek), figures.duration_s / 3600,
                              counted(figures.recordings, "recording"));
}

}  // namespace

ReportJson event_json(const EventEvaluation& evaluation, const EventFigures& figures) {
    ReportJson report{{"recordings", figures.recordings},
                      {"hours", six(figures.duration_s / 3600)},
                      {"collar", evaluation.criteria().collars.collar_s},
                      {"segment_length", evaluation.criteria().segment_s},
                      {"event", averages_json(figures, &EventCounts::events)}};
    auto& segment = report["segment"] = averages_json(figures, &EventCounts::segments);
    const auto& errors = figures.segment_errors;
    const auto a_segment = [&](std::uint64_t count) {
        return six(error_rate({count, 0, 0}, figures.all.segments));
    };
    segment["macro"]["error_rate"] = six(macro_error_rate(figures.labels));
    segment["micro"]["error_rate"] = six(error_rate(errors, figures.all.segments));
    segment["micro"]["substitutions"] = a_segment(errors.substitutions);
    segment["micro"]["deletions"] = a_segment(errors.deletions);
    segment["micro"]["insertions"] = a_segment(errors.insertions);
    report["intersection"] = averages_json(figures, &EventCounts::intersections);
    report["psds1"] = psds_json(figures.psds1);
    report["psds2"] = psds_json(figures.psds2);
    report["scored"] = figures.scored;
    const double alarms = figures.false_alarms_per_hour(figures.all);
    report["false_alarms_per_hour"] = six(alarms);
    report["false_alarms_per_week"] = six(alarms * EventFigures::kHoursAWeek);
    const auto& intervals = figures.intervals;
    report["intervals"] = {{"event_macro_f1", json_of(intervals.event_macro_f1)},
                           {"event_micro_f1", json_of(intervals.event_micro_f1)},
                           {"segment_macro_f1", json_of(intervals.segment_macro_f1)},
                           {"segment_micro_f1", json_of(intervals.segment_micro_f1)},
                           {"psds1", json_of(intervals.psds1)},
                           {"psds2", json_of(intervals.psds2)}};
    auto& labels = report["labels"] = ReportJson::object();
    for (std::size_t c = 0; c < evaluation.labels().size(); ++c)
        labels[evaluation.labels()[c]] = label_json(figures, c);
    return report;
}

std::string event_text(const EventEvaluation& evaluation, const EventFigures& figures) {
    std::size_t width = 13;
    for (const auto& label : evaluation.labels()) width = std::max(width, label.size());
    const auto psds = [](const std::optional<Psds::Result>& result, std::size_t label) {
        return result ? cell(result->labels[label]) : "-";
    };
    const auto all_psds = [](const std::optional<Psds::Result>& result) {
        return result ? cell(result->score) : "-";
    };
    std::string text = row("events", width,
                           {"true", "found", "event F1", "prec.", "recall", "segm. F1", "error", "inter. F1",
                            "PSDS1", "PSDS2", "false/h"});
    for (std::size_t c = 0; c < evaluation.labels().size(); ++c) {
        const auto& counts = figures.labels[c];
        text += row(evaluation.labels()[c], width,
                    {std::to_string(counts.events.reference), std::to_string(counts.events.detected),
                     cell(counts.events.f1()), cell(counts.events.precision()), cell(counts.events.recall()),
                     cell(counts.segments.f1()), cell(error_rate(counts.segments)),
                     cell(counts.intersections.f1()), psds(figures.psds1, c), psds(figures.psds2, c),
                     rate_cell(figures.false_alarms_per_hour(counts))});
    }
    const auto averages = [&](const std::string& name, const EventRatios& events, double segments,
                              double errors, double intersections, bool with_psds) {
        text += row(name, width,
                    {"", "", cell(events.f1), cell(events.precision), cell(events.recall), cell(segments),
                     cell(errors), cell(intersections), with_psds ? all_psds(figures.psds1) : "",
                     with_psds ? all_psds(figures.psds2) : ""});
    };
    averages("macro average", macro_average(figures.labels, &EventCounts::events),
             macro_average(figures.labels, &EventCounts::segments).f1, macro_error_rate(figures.labels),
             macro_average(figures.labels, &EventCounts::intersections).f1, true);
    averages("micro average", ratios_of(figures.all.events), figures.all.segments.f1(),
             error_rate(figures.segment_errors, figures.all.segments), figures.all.intersections.f1(), false);
    return text + "\n" + main_text(figures);
}

}  // namespace earshot::metrics
