#include "metrics/event_evaluation.h"

#include <limits>

#include "support/error.h"

namespace earshot::metrics {
namespace {

// How many samples of recordings the intervals come from. PSDS takes longer.
constexpr std::size_t kCountSamples = 1000, kPsdsSamples = 200;

}  // namespace

EventCounts& EventCounts::operator+=(const EventCounts& other) {
    events += other.events;
    segments += other.segments;
    intersections += other.intersections;
    false_alarms += other.false_alarms;
    return *this;
}

EventCounts EventCounts::operator*(std::uint64_t times) const {
    return {events * times, segments * times, intersections * times, false_alarms * times};
}

double EventFigures::false_alarms_per_hour(const EventCounts& counts) const {
    return duration_s > 0 ? static_cast<double>(counts.false_alarms) / (duration_s / 3600)
                          : std::numeric_limits<double>::quiet_NaN();
}

EventRatios macro_average(std::span<const EventCounts> labels, HitCounts EventCounts::*which) {
    EventRatios sums{0, 0, 0};
    double count = 0;
    for (const auto& label : labels) {
        const HitCounts& counts = label.*which;
        if (counts.reference == 0) continue;
        ++count;
        sums.precision += counts.detected == 0 ? 0 : counts.precision();
        sums.recall += counts.recall();
        sums.f1 += counts.f1();
    }
    return {sums.precision / count, sums.recall / count, sums.f1 / count};
}

double macro_error_rate(std::span<const EventCounts> labels) {
    double sum = 0, count = 0;
    for (const auto& label : labels) {
        if (label.segments.reference == 0) continue;
        ++count;
        sum += error_rate(label.segments);
    }
    return sum / count;
}

EventEvaluation::EventEvaluation(std::vector<std::string> labels, const EventCriteria& criteria)
    : labels_(std::move(labels)),
      criteria_(criteria),
      psds1_(metrics::psds1(), labels_.size()),
      psds2_(metrics::psds2(), labels_.size()) {}

void EventEvaluation::add(std::span<const LabelEvents> events, double duration_s,
                          const ScoreSequence* scores) {
    if (events.size() != labels_.size()) throw Error("event evaluation: events that do not fit the labels");
    if (scores) {
        psds1_.add(events, *scores, duration_s);
        psds2_.add(events, *scores, duration_s);
    }
    const auto segments = count_segments(events, criteria_.segment_s);
    Recording recording{duration_s, segments.errors, {}};
    for (std::size_t label = 0; label < events.size(); ++label) {
        const auto& one = events[label];
        if (one.reference.empty() && one.detected.empty()) continue;
        recording.labels.emplace_back(
            static_cast<std::uint32_t>(label),
            EventCounts{match_events(one, criteria_.collars), segments.labels[label],
                        match_intersections(one, criteria_.intersection), count_false_alarms(one)});
    }
    recordings_.push_back(std::move(recording));
}

EventFigures EventEvaluation::sums(std::span<const std::uint32_t> times) const {
    EventFigures sums;
    sums.labels.resize(labels_.size());
    for (std::size_t i = 0; i < recordings_.size(); ++i) {
        if (times[i] == 0) continue;
        const auto& recording = recordings_[i];
        sums.recordings += times[i];
        sums.duration_s += times[i] * recording.duration_s;
        sums.segment_errors += recording.errors * times[i];
        for (const auto& [label, counts] : recording.labels) sums.labels[label] += counts * times[i];
    }
    for (const auto& label : sums.labels) sums.all += label;
    return sums;
}

EventFigures EventEvaluation::figures() {
    EventFigures figures = sums(std::vector<std::uint32_t>(recordings_.size(), 1));
    figures.scored = psds1_.recordings();
    if (figures.scored > 0) {
        figures.psds1 = psds1_.result();
        figures.psds2 = psds2_.result();
    }
    add_intervals(figures);
    return figures;
}

void EventEvaluation::add_intervals(EventFigures& figures) {
    auto& intervals = figures.intervals;
    const auto counted = bootstrap(recordings_.size(), kCountSamples, [&](auto times) -> std::vector<double> {
        const auto sample = sums(times);
        return {macro_average(sample.labels, &EventCounts::events).f1, sample.all.events.f1(),
                macro_average(sample.labels, &EventCounts::segments).f1, sample.all.segments.f1()};
    });
    intervals.event_macro_f1 = counted[0];
    intervals.event_micro_f1 = counted[1];
    intervals.segment_macro_f1 = counted[2];
    intervals.segment_micro_f1 = counted[3];
    const auto scored = bootstrap(figures.scored, kPsdsSamples, [&](auto times) -> std::vector<double> {
        return {psds1_.result(times).score, psds2_.result(times).score};
    });
    intervals.psds1 = scored[0];
    intervals.psds2 = scored[1];
}

}  // namespace earshot::metrics
