#include "detect/event_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "detect/median_smoother.h"
#include "support/error.h"

namespace earshot::detect {
namespace {

constexpr double kRounding = 1e-6;  // of a window: so that 0.3 s are three hops of 0.1 s

void check(const EventRule& rule) {
    const auto fail = [&](const std::string& what) {
        throw Error(fmt::format("event rule of '{}': {}", rule.label, what));
    };
    if (!std::isfinite(rule.on_threshold) || !std::isfinite(rule.off_threshold))
        fail("a threshold must be a number");
    if (rule.off_threshold > rule.on_threshold)
        fail("the threshold to end an event must not exceed the one to begin it");
    if (!(rule.min_duration_s >= 0)) fail("the minimum duration must not be negative");
    if (!(rule.merge_gap_s >= 0)) fail("the merge gap must not be negative");
    if (!(rule.cool_down_s >= 0)) fail("the cool-down must not be negative");
    const bool odd = rule.median_windows % 2 == 1;
    if (!odd || rule.median_windows < 1 || rule.median_windows > EventRule::kMaxMedianWindows) {
        fail(fmt::format("the median filter needs an odd number of windows from 1 to {}",
                         EventRule::kMaxMedianWindows));
    }
}

/// A count of windows, limited so that it can't overflow.
std::int64_t to_count(double windows) { return static_cast<std::int64_t>(std::min(windows, 1e15)); }

}  // namespace

/// The state machine of one class.
struct EventDetector::Track {
    std::string label;
    std::size_t score_index;
    double on_threshold, off_threshold;
    std::int64_t min_windows, gap_windows, cool_windows;
    MedianSmoother smoother;

    std::int64_t next = 0;  // the window of the next smoothed score
    bool sounding = false;
    std::optional<Run> run;       // the event, sounding or pending
    std::int64_t cold_until = 0;  // no other event begins before this window

    Track(const EventRule& rule, std::size_t index, double hop_s)
        : label(rule.label),
          score_index(index),
          on_threshold(rule.on_threshold),
          off_threshold(rule.off_threshold),
          min_windows(to_count(std::ceil(rule.min_duration_s / hop_s - kRounding))),
          gap_windows(to_count(std::floor(rule.merge_gap_s / hop_s + kRounding))),
          cool_windows(to_count(std::ceil(rule.cool_down_s / hop_s - kRounding))),
          smoother(rule.median_windows) {}

    /// The earliest window with which a future event may begin.
    std::int64_t earliest() const { return run ? run->first : next; }

    /// @return  the event that is final with this smoothed score, if any
    std::optional<Run> advance(float score) {
        const std::int64_t window = next++;
        sounding = score >= (sounding ? off_threshold : on_threshold) && (run || window >= cold_until);
        if (sounding) {
            if (!run) run = Run{window, window, score, false};
            run->last = window;
            run->score = std::max(run->score, score);
        } else if (run && window - run->last > gap_windows) {
            return close();
        }
        return std::nullopt;
    }

    bool lasts() const { return run && run->last - run->first + 1 >= min_windows; }

    std::optional<Run> close() {
        if (!lasts()) run.reset();
        if (run) cold_until = run->last + 1 + cool_windows;
        sounding = false;
        return std::exchange(run, std::nullopt);
    }

    void reset() {
        smoother.reset();
        next = cold_until = 0;
        sounding = false;
        run.reset();
    }
};

EventDetector::EventDetector(std::vector<EventRule> rules, windows::WindowGrid grid)
    : grid_(grid), classes_(rules.size()) {
    if (!(grid.hop_s > 0) || !(grid.window_s > 0))
        throw Error("event detector: hop and window must be positive");
    for (std::size_t c = 0; c < rules.size(); ++c) {
        if (rules[c].label.empty()) continue;
        check(rules[c]);
        tracks_.emplace_back(rules[c], c, grid.hop_s);
    }
}

EventDetector::~EventDetector() = default;

void EventDetector::push(std::span<const float> scores, const Sink& sink) {
    if (scores.size() != classes_) throw Error("event detector: one score per class is needed");
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
        const float score = scores[tracks_[t].score_index];
        if (std::isnan(score)) throw Error("a score is not a number (the model's weights are damaged)");
        const auto smoothed = tracks_[t].smoother.push(score);
        if (!smoothed) continue;
        if (const auto run = tracks_[t].advance(*smoothed)) keep(t, *run, sink);
        if (recording_.on_start && tracks_[t].lasts() && !tracks_[t].run->announced) {
            tracks_[t].run->announced = true;
            recording_.on_start(to_event(t, *tracks_[t].run));
        }
    }
    release(sink);
}

void EventDetector::keep(std::size_t track, const Run& run, const Sink& sink) {
    if (recording_.at_once) {
        sink(to_event(track, run));
    } else {
        waiting_.emplace(std::pair(run.first, track), run);
    }
}

void EventDetector::finish(double end_s, const Sink& sink) {
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
        auto& track = tracks_[t];
        const auto wait = [&](const std::optional<Run>& run) {
            if (run) waiting_.emplace(std::pair(run->first, t), *run);
        };
        while (const auto smoothed = track.smoother.drain()) wait(track.advance(*smoothed));
        wait(track.close());
    }
    for (const auto& [key, run] : waiting_) {
        label::Event event = to_event(key.second, run);
        const bool to_the_end = run.last + 1 == tracks_[key.second].next && !is_shared(run);
        if (to_the_end) event.offset_s = grid_.window_offset_s(run.last);
        event.offset_s = std::min(event.offset_s, end_s);
        // The recording may end before the centre of its last window.
        if (event.onset_s >= event.offset_s) event.onset_s = grid_.window_onset_s(run.first);
        if (recording_.on_start && !run.announced) recording_.on_start(event);
        sink(event);
    }
    forget();
}

void EventDetector::begin(Recording recording) {
    forget();
    recording_ = std::move(recording);
    grid_.start_s = recording_.start_s;
}

void EventDetector::set_thresholds(std::size_t class_index, double on_threshold, double off_threshold) {
    if (off_threshold > on_threshold)
        throw Error("the threshold to end an event must not exceed the one to begin it");
    for (auto& track : tracks_) {
        if (track.score_index != class_index) continue;
        track.on_threshold = on_threshold;
        track.off_threshold = off_threshold;
    }
}

void EventDetector::forget() {
    waiting_.clear();
    for (auto& track : tracks_) track.reset();
}

void EventDetector::release(const Sink& sink) {
    while (!waiting_.empty()) {
        const auto& [key, run] = *waiting_.begin();
        const bool overtakable = std::ranges::any_of(tracks_, [&, &key = key](const Track& track) {
            return std::pair(track.earliest(), static_cast<std::size_t>(&track - tracks_.data())) < key;
        });
        if (overtakable && waiting_.size() <= kMaxWaiting) return;
        sink(to_event(key.second, run));
        waiting_.erase(waiting_.begin());
    }
}

bool EventDetector::is_shared(const Run& run) const {
    return grid_.anywhere && grid_.window_onset_s(run.last) < grid_.window_offset_s(run.first);
}

label::Event EventDetector::to_event(std::size_t track, const Run& run) const {
    if (is_shared(run))
        return {grid_.window_onset_s(run.last), grid_.window_offset_s(run.first), tracks_[track].label,
                run.score};
    return {grid_.slot_s(run.first), grid_.slot_s(run.last + 1), tracks_[track].label, run.score};
}

}  // namespace earshot::detect
