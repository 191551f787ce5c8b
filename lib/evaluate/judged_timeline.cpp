#include "evaluate/judged_timeline.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "detect/event_rules.h"
#include "detect/median_smoother.h"

namespace earshot::evaluate {
namespace {

/// A column of scores, as the event rules see it.
std::vector<float> smoothed(std::span<const float> rows, std::size_t column, std::size_t width, int median) {
    std::vector<float> scores;
    for (std::size_t at = column; at < rows.size(); at += width) scores.push_back(rows[at]);
    return detect::smoothed(scores, median);
}

}  // namespace

bool JudgedTimeline::fits(std::size_t labels) const {
    const auto is_interval = [](const metrics::Interval& one) {
        return std::isfinite(one.onset_s) && std::isfinite(one.offset_s) && one.onset_s <= one.offset_s;
    };
    const auto& times = scores.times_s;
    return events.size() == labels && scores.scores.size() == scores.steps() * labels &&
           std::isfinite(duration_s) && duration_s >= 0 &&
           std::ranges::all_of(times, [](double time_s) { return std::isfinite(time_s); }) &&
           std::ranges::adjacent_find(times, std::greater_equal()) == times.end() &&
           std::ranges::all_of(events, [&](const metrics::LabelEvents& one) {
               return std::ranges::all_of(one.reference, is_interval) &&
                      std::ranges::all_of(one.detected, is_interval);
           });
}

std::vector<std::string> event_labels(const model::ModelFile& model) {
    std::vector<std::string> labels;
    for (const auto& label : model.labels) {
        if (label != model.background && label != model.unknown) labels.push_back(label);
    }
    return labels;
}

TimelineMaker::TimelineMaker(const model::Model& model, const std::vector<bool>& wanted)
    : TimelineMaker(model, detect::make_event_rules(model.file(), {}, model.grid().hop_s).classes, wanted) {}

TimelineMaker::TimelineMaker(const model::Model& model, const std::vector<detect::EventRule>& rules,
                             const std::vector<bool>& wanted)
    : grid_(model.grid()),
      labels_(event_labels(model.file())),
      width_(model.file().labels.size()),
      detector_(rules, grid_) {
    for (const auto& label : labels_) {
        columns_.push_back(static_cast<std::size_t>(std::ranges::find(model.file().labels, label) -
                                                    model.file().labels.begin()));
        medians_.push_back(rules[columns_.back()].median_windows);
        wanted_.push_back(wanted[columns_.back()]);
    }
}

std::optional<std::size_t> TimelineMaker::number_of(const std::string& label) const {
    const auto found = std::ranges::find(labels_, label);
    const auto number = static_cast<std::size_t>(found - labels_.begin());
    return found != labels_.end() && wanted_[number] ? std::optional(number) : std::nullopt;
}

JudgedTimeline TimelineMaker::make(std::span<const label::Event> reference,
                                   std::span<const Stretch> stretches, std::span<const float> rows) {
    JudgedTimeline timeline;
    timeline.events.resize(labels_.size());
    for (const auto& stretch : stretches) {
        hear(stretch, rows.first(stretch.rows * width_), timeline);
        rows = rows.subspan(stretch.rows * width_);
        timeline.duration_s += stretch.end_s - stretch.start_s;
    }
    if (stretches.empty()) return timeline;
    const double start_s = stretches.front().start_s, end_s = stretches.back().end_s;
    for (const auto& event : reference) {
        const auto label = number_of(event.label);
        if (!label || event.onset_s >= end_s || event.offset_s <= start_s) continue;
        const double offset_s = std::isinf(event.offset_s) ? end_s : event.offset_s;
        timeline.events[*label].reference.push_back({event.onset_s, offset_s});
    }
    return timeline;
}

void TimelineMaker::hear(const Stretch& stretch, std::span<const float> rows, JudgedTimeline& timeline) {
    const detect::EventDetector::Sink take = [&](const label::Event& event) {
        if (const auto label = number_of(event.label))
            timeline.events[*label].detected.push_back({event.onset_s, event.offset_s});
    };
    grid_.start_s = stretch.start_s;
    detector_.begin({stretch.start_s, false, {}});
    for (std::size_t i = 0; i < stretch.rows; ++i) detector_.push(rows.subspan(i * width_, width_), take);
    detector_.finish(stretch.end_s, take);
    add_scores(stretch, rows, timeline.scores);
}

void TimelineMaker::add_scores(const Stretch& stretch, std::span<const float> rows,
                               metrics::ScoreSequence& scores) {
    std::vector<std::vector<float>> columns;
    for (std::size_t c = 0; c < labels_.size(); ++c)
        columns.push_back(smoothed(rows, columns_[c], width_, medians_[c]));
    std::vector<double> step(labels_.size());
    for (std::size_t i = 0; i < stretch.rows; ++i) {
        for (std::size_t c = 0; c < step.size(); ++c) step[c] = static_cast<double>(columns[c][i]);
        const auto window = static_cast<std::int64_t>(i);
        const bool last = i + 1 == stretch.rows;
        const double onset_s = grid_.slot_s(window);
        const double offset_s =
            last ? std::min(stretch.end_s, grid_.window_offset_s(window)) : grid_.slot_s(window + 1);
        if (onset_s < offset_s) scores.add(onset_s, offset_s, step);
    }
}

}  // namespace earshot::evaluate
