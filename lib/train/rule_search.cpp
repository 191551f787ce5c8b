#include "train/rule_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "detect/median_smoother.h"
#include "detect/window_run.h"
#include "metrics/psds.h"

namespace earshot::train {
namespace {

constexpr std::array kOn{.02, .05, .1,  .15, .2,  .25, .3,  .35, .4,  .45, .5,
                         .55, .6,  .65, .7,  .75, .8,  .85, .9,  .95, .98};
constexpr std::array kHighest{.99, .995, .998, .999};  // to silence a label that is often wrong
constexpr std::array kOffShares{.3, .5, .7, .85, 1.};  // of the threshold to begin
constexpr std::array kMedians_s{0., .12, .28, .6, 1.2, 2.4, 4.};
constexpr std::array kGaps_s{0., .2, .5, 1., 2., 3., 5.};
constexpr std::array kShortest_s{0., .1, .25, .5, 1., 2.};
constexpr std::array kCollars_s{.2, .5, 1.};
constexpr double kOffsetShare = .2;  // of an event's length, as collar of its offset where that is more
constexpr double kExtremity = .04;   // what a threshold of 0 or 1 must gain over one of 0.5, twice
constexpr double kDoubt = .15;  // what an octave between a rule and Expected must gain, if there is one event

struct Interval {
    double onset_s, offset_s;
};

/// Right, wrong and missed, of events or seconds.
struct Hits {
    double right = 0, found = 0, there = 0;
    void operator+=(const Hits& other) {
        right += other.right;
        found += other.found;
        there += other.there;
    }
    double f1() const { return found + there > 0 ? 2 * right / (found + there) : 0; }
};

/// One to one, in order of time: neither side overlaps itself. Not metrics::match_events(), which finds as
/// many pairs as there can be and allocates: this runs for each of 30 000 rules.
double matched(std::span<const Interval> there, std::span<const Interval> found, double collar_s) {
    double right = 0;
    std::size_t next = 0;
    for (const Interval& event : there) {
        const double late_s = std::max(collar_s, kOffsetShare * (event.offset_s - event.onset_s));
        while (next < found.size() && found[next].onset_s < event.onset_s - collar_s) ++next;
        for (std::size_t i = next; i < found.size() && found[i].onset_s <= event.onset_s + collar_s; ++i) {
            if (std::abs(found[i].offset_s - event.offset_s) > late_s) continue;
            right += 1;
            next = i + 1;
            break;
        }
    }
    return right;
}

/// Those of `found` that overlap none of `there`; both in order of time, neither overlaps itself.
double alone(std::span<const Interval> there, std::span<const Interval> found) {
    double count = 0;
    std::size_t next = 0;
    for (const Interval& event : found) {
        while (next < there.size() && there[next].offset_s <= event.onset_s) ++next;
        count += next == there.size() || there[next].onset_s >= event.offset_s;
    }
    return count;
}

/// Which whole seconds events touch.
void mark_seconds(std::span<const Interval> events, double start_s, std::vector<char>& seconds) {
    std::ranges::fill(seconds, 0);
    for (const Interval& event : events) {
        const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(event.onset_s - start_s)));
        const auto last = static_cast<std::size_t>(std::max(0.0, std::ceil(event.offset_s - start_s)));
        for (std::size_t i = first; i < std::min(last, seconds.size()); ++i) seconds[i] = 1;
    }
}

/// A label's scores and events in one HeldOutRun.
class LabelTrack {
 public:
    LabelTrack(const HeldOutRun& run, const std::string& label, std::size_t c, std::size_t labels)
        : run_(run),
          seconds_(static_cast<std::size_t>(std::ceil(std::max(0.0, run.end_s - run.grid.start_s)))) {
        for (std::size_t at = c; at < run.scores.size(); at += labels) scores_.push_back(run.scores[at]);
        for (const auto& event : run.events) {
            if (event.label == label) there_.push_back({event.onset_s, event.offset_s});
        }
        truth_ = seconds_;
        mark_seconds(there_, run.grid.start_s, truth_);
    }

    bool has_events() const { return !there_.empty(); }
    void add_durations(std::vector<double>& durations_s) const {
        for (const Interval& event : there_) durations_s.push_back(event.offset_s - event.onset_s);
    }
    double hours() const { return std::max(0.0, run_.end_s - run_.grid.start_s) / 3600; }
    /// Of what grade() found last.
    double false_alarms() const { return alone(there_, found_); }

    /// Adds the smoothed scores, as a recording of one label.
    void add_to(metrics::Psds& psds) const {
        metrics::LabelEvents events;
        for (const Interval& event : there_) events.reference.push_back({event.onset_s, event.offset_s});
        metrics::ScoreSequence sequence;
        for (std::size_t i = 0; i < smoothed_.size(); ++i) {
            const auto step = static_cast<std::int64_t>(i);
            const double onset_s = run_.grid.slot_s(step), score = static_cast<double>(smoothed_[i]);
            const double offset_s = i + 1 < smoothed_.size()
                                        ? run_.grid.slot_s(step + 1)
                                        : std::min(run_.end_s, run_.grid.window_offset_s(step));
            if (onset_s < offset_s) sequence.add(onset_s, offset_s, {&score, 1});
        }
        psds.add({&events, 1}, sequence, hours() * 3600);
    }

    void smooth(int windows) { smoothed_ = detect::smoothed(scores_, windows); }

    void cut(double on, double off) {
        runs_.clear();
        bool sounding = false;
        for (std::size_t i = 0; i < smoothed_.size(); ++i) {
            const auto window = static_cast<std::int64_t>(i);
            const bool before =
                std::exchange(sounding, static_cast<double>(smoothed_[i]) >= (sounding ? off : on));
            if (sounding && !before) {
                const double shift = i > 0 ? detect::crossing(smoothed_[i - 1], smoothed_[i], on) : 0;
                runs_.push_back({window, window, 0, shift});
            }
            if (sounding) runs_.back().last = window;
            if (before && !sounding)
                runs_.back().offset_shift = detect::crossing(smoothed_[i - 1], smoothed_[i], off);
        }
    }

    /// Adds what the runs come to: for each collar, and for seconds.
    void grade(double gap_s, double shortest_s, std::array<Hits, kCollars_s.size() + 1>& hits) {
        const double hop_s = run_.grid.hop_s;
        const auto gap = static_cast<std::int64_t>(std::floor(gap_s / hop_s + 1e-6));
        const auto shortest = static_cast<std::int64_t>(std::ceil(shortest_s / hop_s - 1e-6));
        found_.clear();
        for (std::size_t i = 0; i < runs_.size();) {
            const detect::WindowRun& first = runs_[i];
            while (i + 1 < runs_.size() && runs_[i + 1].first - runs_[i].last - 1 <= gap) ++i;
            const detect::WindowRun& last = runs_[i++];
            if (last.last - first.first + 1 < shortest) continue;
            const double offset_s = run_.grid.slot_s(last.last + 1) + last.offset_shift * hop_s;
            found_.push_back(
                {run_.grid.slot_s(first.first) + first.onset_shift * hop_s, std::min(offset_s, run_.end_s)});
        }
        const auto found = static_cast<double>(found_.size()), there = static_cast<double>(there_.size());
        for (std::size_t i = 0; i < kCollars_s.size(); ++i)
            hits[i] += {matched(there_, found_, kCollars_s[i]), found, there};
        mark_seconds(found_, run_.grid.start_s, seconds_);
        Hits seconds;
        for (std::size_t i = 0; i < seconds_.size(); ++i) {
            seconds += {static_cast<double>(seconds_[i] && truth_[i]), static_cast<double>(seconds_[i]),
                        static_cast<double>(truth_[i])};
        }
        hits.back() += seconds;
    }

 private:
    const HeldOutRun& run_;
    std::vector<float> scores_, smoothed_;
    std::vector<Interval> there_, found_;
    std::vector<detect::WindowRun> runs_;
    std::vector<char> truth_, seconds_;
};

/// The rule that the lengths of a label's events suggest, before any score is seen. With few events, one rule
/// in 30 000 fits them better by luck alone.
class Expected {
 public:
    /// @param durations_s  of the label's events, at least one
    explicit Expected(std::vector<double> durations_s)
        : doubt_(kDoubt / std::sqrt(static_cast<double>(durations_s.size()))) {
        std::ranges::sort(durations_s);
        const double usual_s = durations_s[durations_s.size() / 2];
        median_s_ = usual_s / 4;
        gap_s_ = usual_s / 5;
        shortest_s_ = 0.4 * durations_s[durations_s.size() / 10];
    }

    /// What another rule must gain: in proportion to its distance in octaves, and to the uncertainty of an
    /// F1, which falls with the root of the number of events.
    double doubt(double median_s, double share, double gap_s, double shortest_s) const {
        return doubt_ * (octaves(median_s, median_s_, 0.08) + octaves(share, 0.4, 0.1) +
                         octaves(gap_s, gap_s_, 0.1) + octaves(shortest_s, shortest_s_, 0.05));
    }

 private:
    /// @param least  below it, nothing matters
    static double octaves(double value, double expected, double least) {
        return std::abs(std::log2(std::max(value, least) / std::max(expected, least)));
    }

    double doubt_, median_s_, gap_s_, shortest_s_;
};

/// Tries all rules for one label.
class RuleSearch {
 public:
    RuleSearch(std::vector<LabelTrack>& tracks, double hop_s, std::vector<double> on, const EventWish& wish)
        : tracks_(tracks), hop_s_(hop_s), on_(std::move(on)), wish_(wish) {
        double hours = 0;
        for (const LabelTrack& track : tracks_) hours += track.hours();
        if (wish.objective == Objective::false_alarms)
            most_alarms_ = std::floor(wish.false_alarms_per_hour.value_or(0) * hours + 1e-9);
    }

    /// Whether the best choice has no more false alarms than wanted.
    bool reached() const { return excess_ == 0; }

    model::EventDefaults best() {
        std::vector<double> durations_s;
        for (const LabelTrack& track : tracks_) track.add_durations(durations_s);
        expected_.emplace(std::move(durations_s));
        for (const int median : medians()) {
            for (LabelTrack& track : tracks_) track.smooth(median);
            for (const double share : kOffShares) try_thresholds(median, share);
        }
        return best_;
    }

    /// Of a label that never happens: the lowest threshold without too many false alarms, and nothing else.
    model::EventDefaults quietest() {
        for (LabelTrack& track : tracks_) track.smooth(1);
        double excess = 0;
        for (auto on = on_.rbegin(); on != on_.rend(); ++on) {
            double alarms = 0;
            for (LabelTrack& track : tracks_) {
                track.cut(*on, *on);
                std::array<Hits, kCollars_s.size() + 1> unused;
                track.grade(0, 0, unused);
                alarms += track.false_alarms();
            }
            excess = std::max(0.0, alarms - most_alarms_);
            if (on == on_.rbegin()) excess_ = excess;
            if (on == on_.rbegin() || excess == 0) best_ = {*on, *on, 0, 0, 0, true};
            if (excess > 0) break;
        }
        return best_;
    }

 private:
    struct Grade {
        double value = 0;
        double excess = 0;  // false alarms beyond those that are wanted
    };
    using Grades = std::vector<Grade>;  // for each gap and each shortest event

    std::set<int> medians() {
        std::set<int> medians;
        for (const double median_s : kMedians_s)
            medians.insert(static_cast<int>(detect::MedianSmoother::nearest_odd(median_s / hop_s_)));
        if (wish_.objective != Objective::psds) return medians;
        double highest = -1;
        int best = 1;
        for (const int median : medians) {
            metrics::Psds psds(metrics::psds1(), 1);
            for (LabelTrack& track : tracks_) {
                track.smooth(median);
                track.add_to(psds);
            }
            const double area = psds.result().labels.front();
            if (area > highest + 1e-9) best = median;
            highest = std::max(highest, area);
        }
        return {best};
    }

    void try_thresholds(int median, double share) {
        std::vector<Grades> grades;
        for (const double on : on_) {
            for (LabelTrack& track : tracks_) track.cut(on, share * on);
            grades.push_back(graded());
        }
        for (std::size_t i = on_.size(); i-- > 0;) {  // what is above must not have too many either
            for (std::size_t k = 0; i + 1 < on_.size() && k < grades[i].size(); ++k)
                grades[i][k].excess = std::max(grades[i][k].excess, grades[i + 1][k].excess);
        }
        for (std::size_t i = 0; i < on_.size(); ++i) {
            const std::size_t low = i > 0 ? i - 1 : i, high = std::min(i + 1, on_.size() - 1);
            for (std::size_t k = 0; k < grades[i].size(); ++k) {
                const double gap_s = kGaps_s[k / kShortest_s.size()];
                const double shortest_s = kShortest_s[k % kShortest_s.size()];
                const double median_s = median > 1 ? median * hop_s_ : 0;
                const double grade =
                    (grades[low][k].value + 2 * grades[i][k].value + grades[high][k].value) / 4 -
                    kExtremity * std::abs(on_[i] - 0.5) -
                    expected_->doubt(median_s, share, gap_s, shortest_s);
                const double excess = grades[i][k].excess;
                if (excess > excess_ || (excess == excess_ && grade <= grade_ + 1e-9)) continue;
                excess_ = excess;
                grade_ = grade;
                best_ = {on_[i], share * on_[i], median_s, shortest_s, gap_s, true};
            }
        }
    }

    Grades graded() {
        Grades grades;
        for (const double gap_s : kGaps_s) {
            for (const double shortest_s : kShortest_s) {
                std::array<Hits, kCollars_s.size() + 1> hits;
                double alarms = 0;
                for (LabelTrack& track : tracks_) {
                    track.grade(gap_s, shortest_s, hits);
                    if (wish_.objective == Objective::false_alarms) alarms += track.false_alarms();
                }
                double sum = hits.back().f1();
                if (wish_.objective != Objective::segment_f1) {
                    for (std::size_t i = 0; i < kCollars_s.size(); ++i) sum += hits[i].f1();
                    sum /= kCollars_s.size() + 1;
                }
                grades.push_back({sum, std::max(0.0, alarms - most_alarms_)});
            }
        }
        return grades;
    }

    std::vector<LabelTrack>& tracks_;
    double hop_s_;
    std::vector<double> on_;
    const EventWish& wish_;
    double most_alarms_ = 0;
    std::optional<Expected> expected_;
    double grade_ = -std::numeric_limits<double>::infinity(),
           excess_ = std::numeric_limits<double>::infinity();  // of the best choice
    model::EventDefaults best_;
};

}  // namespace

std::optional<ChosenRule> search_rule(std::span<const HeldOutRun* const> runs, const LabelColumn& label,
                                      std::optional<double> threshold, const EventWish& wish) {
    std::vector<LabelTrack> tracks;
    for (const HeldOutRun* run : runs) tracks.emplace_back(*run, label.name, label.column, label.columns);
    const bool happens = std::ranges::any_of(tracks, &LabelTrack::has_events);
    const bool bounded = wish.objective == Objective::false_alarms;
    if (!happens && !bounded) return {};
    auto on = threshold ? std::vector<double>{*threshold} : std::vector<double>(kOn.begin(), kOn.end());
    if (bounded) on.insert(on.end(), kHighest.begin(), kHighest.end());
    RuleSearch search(tracks, runs.front()->grid.hop_s, std::move(on), wish);
    const auto rule = happens ? search.best() : search.quietest();
    return ChosenRule{rule, !bounded || search.reached()};
}

}  // namespace earshot::train
