#include "train/event_choice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>

#include "detect/median_smoother.h"
#include "detect/window_run.h"
#include "frontend/frontend.h"
#include "metrics/psds.h"
#include "support/error.h"

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
constexpr std::size_t kMaxRows = 400'000;

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

    void smooth(int windows) {
        smoothed_.clear();
        detect::MedianSmoother median(windows);
        for (const float score : scores_) {
            if (const auto value = median.push(score)) smoothed_.push_back(*value);
        }
        while (const auto value = median.drain()) smoothed_.push_back(*value);
    }

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
                const double grade =
                    (grades[low][k].value + 2 * grades[i][k].value + grades[high][k].value) / 4 -
                    kExtremity * std::abs(on_[i] - 0.5);
                const double excess = grades[i][k].excess;
                if (excess > excess_ || (excess == excess_ && grade <= grade_ + 1e-9)) continue;
                excess_ = excess;
                grade_ = grade;
                best_ = {on_[i],
                         share * on_[i],
                         median > 1 ? median * hop_s_ : 0,
                         kShortest_s[k % kShortest_s.size()],
                         kGaps_s[k / kShortest_s.size()],
                         true};
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
    double grade_ = -1, excess_ = std::numeric_limits<double>::infinity();  // of the best choice
    model::EventDefaults best_;
};

}  // namespace

std::vector<HeldOutRun> held_out_runs(const TrainingSet& set, std::span<const std::int64_t> rows,
                                      std::span<const float> scores) {
    if (set.target == model::Target::recording || set.frontend.is_null()) return {};
    const auto shape = windows::shape_of(*frontend::make_frontend(set.frontend));
    const auto steps = static_cast<std::size_t>(set.steps());
    const std::size_t values = steps * set.labels.size();
    std::vector<HeldOutRun> runs;
    for (std::size_t i = 0; i < rows.size();) {
        const TrainingSet::Item& item = set.item_of(rows[i]);
        const TrainingSet::Said& said = set.recordings_said[item.recording];
        std::size_t end = i;
        while (end < rows.size() && rows[end] >= item.first && rows[end] < item.first + item.count &&
               (end == i || rows[end] == rows[end - 1] + 1))
            ++end;
        const std::size_t begin = std::exchange(i, end);
        if (!said.timed || static_cast<std::int64_t>(end - begin) != item.count) continue;
        HeldOutRun run;
        run.grid = windows::make_grid(shape, set.windowing).of_steps(set.steps());
        run.grid.start_s = item.onset_s;
        run.end_s = item.onset_s + static_cast<double>(item.frames - 1) * shape.hop_s + shape.window_s;
        const auto part = scores.subspan(begin * values, (end - begin) * values);
        run.scores.assign(part.begin(), part.end());
        const auto there = static_cast<std::size_t>((item.frames + set.windowing.step_frames() - 1) /
                                                    set.windowing.step_frames());
        if (steps > 1) run.scores.resize(std::min(run.scores.size(), there * set.labels.size()));
        for (const label::Event& event : said.events) {
            if (event.offset_s > item.onset_s && event.onset_s < run.end_s) run.events.push_back(event);
        }
        runs.push_back(std::move(run));
    }
    return runs;
}

EventChoice choose_events(const TrainingSet& set, std::span<const HeldOutRun> runs,
                          std::span<const double> thresholds, const EventWish& wish) {
    const bool bounded = wish.objective == Objective::false_alarms;
    if (bounded && runs.empty()) {
        throw Error(
            "--objective false-alarms: no held-out recording says when sounds happen (hold some out with "
            "--folds or --validation, or give --validation-data)");
    }
    EventChoice choice;
    for (const double threshold : thresholds) choice.rules.push_back({threshold, threshold, 0, 0, 0, true});
    std::size_t rows = 0;
    bool any = bounded;
    for (const HeldOutRun& run : runs) rows += run.scores.size() / set.labels.size();
    const std::size_t stride = rows / kMaxRows + 1;  // of very many, some are enough
    for (std::size_t c = 0; c < set.labels.size(); ++c) {
        if (static_cast<std::int64_t>(c) == set.background_index()) continue;
        std::vector<LabelTrack> tracks;
        for (std::size_t i = 0; i < runs.size(); i += stride)
            tracks.emplace_back(runs[i], set.labels[c], c, set.labels.size());
        const bool happens = std::ranges::any_of(tracks, &LabelTrack::has_events);
        if (!happens && !bounded) continue;
        any = true;
        auto on =
            wish.fixed ? std::vector<double>{thresholds[c]} : std::vector<double>(kOn.begin(), kOn.end());
        if (bounded) on.insert(on.end(), kHighest.begin(), kHighest.end());
        RuleSearch search(tracks, runs.front().grid.hop_s, std::move(on), wish);
        choice.rules[c] = happens ? search.best() : search.quietest();
        if (bounded && !search.reached()) choice.missed.push_back(set.labels[c]);
    }
    if (!any) choice.rules.clear();
    return choice;
}

}  // namespace earshot::train
