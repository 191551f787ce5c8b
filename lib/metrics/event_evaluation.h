#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "metrics/bootstrap.h"
#include "metrics/event_matching.h"
#include "metrics/intersection.h"
#include "metrics/psds.h"
#include "metrics/segments.h"

namespace earshot::metrics {

/// What makes a detected event right.
struct EventCriteria {
    Collars collars;
    double segment_s = 1;
    IntersectionRule intersection;
};

/// What is counted of a label, or of all.
struct EventCounts {
    HitCounts events, segments, intersections;
    std::uint64_t false_alarms = 0;  // count_false_alarms()

    EventCounts& operator+=(const EventCounts& other);
    EventCounts operator*(std::uint64_t times) const;
};

struct EventRatios {
    double precision, recall, f1;
};

/// The figures of an EventEvaluation.
struct EventFigures {
    std::size_t recordings = 0;
    double duration_s = 0;
    std::vector<EventCounts> labels;
    EventCounts all;               // pooled: micro averages are ratios of these
    SegmentErrors segment_errors;  // of all labels together
    std::size_t scored = 0;        // recordings with scores
    std::optional<Psds::Result> psds1, psds2;
    /// 95 % intervals, by bootstrap() over the recordings.
    struct Intervals {
        Confidence event_macro_f1, event_micro_f1, segment_macro_f1, segment_micro_f1, psds1, psds2;
    } intervals{};

    double false_alarms_per_hour(const EventCounts& counts) const;  // NaN without recordings
    static constexpr double kHoursAWeek = 168;
};

/// Means over the labels that have reference events. There precision without a detection counts as 0, as in
/// sed_eval with empty_system_output_handling 'zero_score'. NaN without such a label.
EventRatios macro_average(std::span<const EventCounts> labels, HitCounts EventCounts::*which);
/// Likewise, of the error rates of segments.
double macro_error_rate(std::span<const EventCounts> labels);

/// Detected events beside true ones, recording by recording.
class EventEvaluation {
 public:
    EventEvaluation(std::vector<std::string> labels, const EventCriteria& criteria);

    /// A recording.
    /// @param events      of each label; finite times
    /// @param duration_s  of the recording, for false alarms an hour
    /// @param scores      for PSDS; null: the recording has no part in it
    /// @throws Error if a score is NaN
    void add(std::span<const LabelEvents> events, double duration_s, const ScoreSequence* scores);

    const std::vector<std::string>& labels() const { return labels_; }
    const EventCriteria& criteria() const { return criteria_; }
    std::size_t recordings() const { return recordings_.size(); }
    EventFigures figures();

 private:
    struct Recording {
        double duration_s;
        SegmentErrors errors;
        std::vector<std::pair<std::uint32_t, EventCounts>> labels;  // those with events
    };
    EventFigures sums(std::span<const std::uint32_t> times) const;
    void add_intervals(EventFigures& figures);

    std::vector<std::string> labels_;
    EventCriteria criteria_;
    std::vector<Recording> recordings_;
    Psds psds1_, psds2_;
};

/// The figures as JSON, numbers to six decimals, NaN as null: earshot-evaluate(1), "events".
nlohmann::ordered_json event_json(const EventEvaluation& evaluation, const EventFigures& figures);
/// The same as a table for people.
std::string event_text(const EventEvaluation& evaluation, const EventFigures& figures);

}  // namespace earshot::metrics
