#include "metrics/threshold_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/intersection.h"
#include "support/error.h"

namespace earshot::metrics {
namespace {

/// Steps [first, end) that reach the threshold.
struct StepRun {
    std::size_t first, end;
};

/// The true events of a label, and how much of each step lies within them.
class EventCover {
 public:
    EventCover(std::span<const Interval> events, std::span<const double> times_s)
        : times_s_(times_s), index_(with_length(events)) {
        if (empty()) return;
        seconds_.assign(times_s.size(), 0);
        for (std::size_t i = 0; i + 1 < times_s.size(); ++i) {
            double within_s = 0;
            visit({i, i + 1}, [&](std::size_t, double seconds) { within_s += seconds; });
            seconds_[i + 1] = seconds_[i] + within_s;
        }
    }

    bool empty() const { return index_.sorted().empty(); }
    const std::vector<Interval>& events() const { return index_.sorted(); }
    /// How much of a run lies within events.
    double seconds(const StepRun& run) const { return empty() ? 0 : seconds_[run.end] - seconds_[run.first]; }
    /// Calls visit(event, seconds) for each event that a run overlaps.
    template <class Visit>
    void visit(const StepRun& run, const Visit& visit) const {
        const double onset_s = times_s_[run.first], offset_s = times_s_[run.end];
        index_.visit_near(onset_s, offset_s, [&](std::size_t e) {
            const auto& event = events()[e];
            const double common_s = std::min(event.offset_s, offset_s) - std::max(event.onset_s, onset_s);
            if (common_s > 0) visit(e, common_s);
        });
    }

 private:
    static std::vector<Interval> with_length(std::span<const Interval> events) {
        std::vector<Interval> kept;
        std::ranges::copy_if(events, std::back_inserter(kept),
                             [](const Interval& one) { return one.length_s() > 0; });
        return kept;
    }

    std::span<const double> times_s_;
    IntervalIndex index_;
    std::vector<double> seconds_;  // within events, before each step
};

/// The sweep of one label.
class LabelSweep {
 public:
    LabelSweep(std::size_t label, std::span<const EventCover> covers, std::span<const double> times_s,
               const OverlapCriteria& criteria)
        : label_(label),
          covers_(covers),
          times_s_(times_s),
          criteria_(criteria),
          partner_(times_s.size(), kSilent),
          covered_s_(covers[label].events().size(), 0),
          cross_triggers_(covers.size(), 0) {}

    /// A step reaches the threshold.
    void join(std::size_t step) {
        StepRun run{step, step + 1};
        std::optional<StepRun> before, after;
        if (step > 0 && partner_[step - 1] != kSilent) before = StepRun{partner_[step - 1], step};
        if (step + 1 < partner_.size() && partner_[step + 1] != kSilent)
            after = StepRun{step + 1, partner_[step + 1] + 1};
        if (before) run.first = before->first;
        if (after) run.end = after->end;
        partner_[step] = step;
        partner_[run.first] = run.end - 1;
        partner_[run.end - 1] = run.first;

        const bool now = count(run, 1);
        if (now) cover({step, step + 1}, 1);
        for (const auto& old : {before, after}) {
            if (!old) continue;
            const bool then = count(*old, -1);
            if (now != then) cover(*old, now ? 1 : -1);
        }
    }

    /// Adds what has changed since the last call.
    void take_changes(double score, std::uint32_t recording, std::vector<ThresholdChange>& changes) {
        if (hits_ != taken_hits_ || false_positives_ != taken_false_positives_) {
            changes.push_back({score, recording, ThresholdChange::kOwn, hits_ - taken_hits_,
                               false_positives_ - taken_false_positives_, 0});
            taken_hits_ = hits_;
            taken_false_positives_ = false_positives_;
        }
        for (const std::uint32_t other : touched_) {
            if (cross_triggers_[other] == 0) continue;  // its change has been taken, or came to nothing
            changes.push_back({score, recording, other, 0, 0, cross_triggers_[other]});
            cross_triggers_[other] = 0;
        }
        touched_.clear();
    }

 private:
    static constexpr std::size_t kSilent = std::numeric_limits<std::size_t>::max();

    /// Counts a detection, or with sign -1 counts it no more. @return  whether it is relevant
    bool count(const StepRun& run, int sign) {
        const double length_s = times_s_[run.end] - times_s_[run.first];
        if (reaches(covers_[label_].seconds(run), criteria_.detection, length_s)) return true;
        false_positives_ += sign;
        if (!criteria_.cross_trigger) return false;
        for (std::size_t other = 0; other < covers_.size(); ++other) {
            if (other == label_ || covers_[other].empty()) continue;
            if (!reaches(covers_[other].seconds(run), *criteria_.cross_trigger, length_s)) continue;
            cross_triggers_[other] += sign;
            touched_.push_back(static_cast<std::uint32_t>(other));
        }
        return false;
    }

    /// Events are covered by more, or less, of relevant detections.
    void cover(const StepRun& run, int sign) {
        const auto& own = covers_[label_];
        own.visit(run, [&](std::size_t event, double seconds) {
            const double length_s = own.events()[event].length_s();
            const bool then = reaches(covered_s_[event], criteria_.reference, length_s);
            covered_s_[event] += sign * seconds;
            hits_ += reaches(covered_s_[event], criteria_.reference, length_s) - then;
        });
    }

    std::size_t label_;
    std::span<const EventCover> covers_;
    std::span<const double> times_s_;
    const OverlapCriteria& criteria_;
    std::vector<std::size_t> partner_;  // of the first and the last step of a run: the other one
    std::vector<double> covered_s_;     // of each event of the label, by relevant detections
    std::int32_t hits_ = 0, false_positives_ = 0, taken_hits_ = 0, taken_false_positives_ = 0;
    std::vector<std::int32_t> cross_triggers_;  // by label, not yet taken
    std::vector<std::uint32_t> touched_;        // labels whose cross triggers may have changed
};

}  // namespace

void ScoreSequence::add(double onset_s, double offset_s, std::span<const double> step) {
    if (!(onset_s < offset_s))
        throw Error(fmt::format("a step of scores ends at {} s, but begins at {} s", offset_s, onset_s));
    if (std::ranges::any_of(step, [](double score) { return std::isnan(score); }))
        throw Error(fmt::format("the score at {} s is not a number", onset_s));
    if (times_s.empty()) times_s.push_back(onset_s);
    if (onset_s < times_s.back()) {
        throw Error(fmt::format("a step of scores begins at {} s, before the one before ends at {} s",
                                onset_s, times_s.back()));
    }
    if (onset_s > times_s.back()) {
        times_s.push_back(onset_s);
        scores.insert(scores.end(), step.size(), kUnheard);
    }
    times_s.push_back(offset_s);
    scores.insert(scores.end(), step.begin(), step.end());
}

std::vector<std::vector<ThresholdChange>> sweep_thresholds(std::span<const LabelEvents> events,
                                                           const ScoreSequence& sequence,
                                                           const OverlapCriteria& criteria,
                                                           std::uint32_t recording) {
    const std::size_t labels = events.size(), steps = sequence.steps();
    std::vector<std::vector<ThresholdChange>> changes(labels);
    if (steps == 0) return changes;
    if (sequence.scores.size() != steps * labels) throw Error("scores: one per step and label is needed");
    std::vector<EventCover> covers;
    for (const auto& one : events) covers.emplace_back(one.reference, sequence.times_s);
    std::vector<std::uint32_t> order(steps);
    std::vector<double> scores(steps);
    for (std::size_t label = 0; label < labels; ++label) {
        for (std::size_t i = 0; i < steps; ++i) scores[i] = sequence.scores[i * labels + label];
        if (std::ranges::any_of(scores, [](double score) { return std::isnan(score); }))
            throw Error("a score is not a number");
        std::iota(order.begin(), order.end(), std::uint32_t{0});
        std::ranges::sort(order, std::greater(), [&](std::uint32_t i) { return scores[i]; });
        LabelSweep sweep(label, covers, sequence.times_s, criteria);
        for (std::size_t i = 0; i < steps && scores[order[i]] > ScoreSequence::kUnheard;) {
            const double score = scores[order[i]];
            for (; i < steps && scores[order[i]] == score; ++i) sweep.join(order[i]);
            sweep.take_changes(score, recording, changes[label]);
        }
    }
    return changes;
}

}  // namespace earshot::metrics
