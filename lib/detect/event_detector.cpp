#include "detect/event_detector.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/error.h"

namespace earshot::detect {

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

void EventDetector::push(std::span<const float> scores, const Sink& sink) {
    if (scores.size() != classes_) throw Error("event detector: one score per class is needed");
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
        const float score = scores[tracks_[t].score_index()];
        if (std::isnan(score)) throw Error("a score is not a number (the model's weights are damaged)");
        const auto step = tracks_[t].push(score);
        if (!step) continue;
        reject(tracks_[t], *step, {});
        if (step->event && !step->too_short) keep(t, *step->event, sink);
        announce(tracks_[t]);
    }
    release(sink);
}

void EventDetector::keep(std::size_t track, const Run& run, const Sink& sink) {
    if (recording_.at_once) {
        sink(to_event(tracks_[track], run.windows, {}));
    } else {
        waiting_.emplace(std::pair(run.windows.position(), track), run);
    }
}

void EventDetector::announce(EventTrack& track) {
    const auto* const run = track.lasting();
    if (!recording_.on_start || !run || run->announced) return;
    recording_.on_start(to_event(track, run->windows, {}));
    track.set_announced();
}

void EventDetector::reject(const EventTrack& track, const EventTrack::Step& step,
                           std::optional<double> end_s) const {
    if (!recording_.on_reject) return;
    const auto& rule = track.rule();
    if (step.event && step.too_short)
        recording_.on_reject({to_event(track, step.event->windows, end_s), TooShort{rule.min_duration_s}});
    if (!step.miss) return;
    Rejection rejection{to_event(track, step.miss->run, end_s), BelowThreshold{rule.on_threshold}};
    if (step.miss->kind == NearMiss::Kind::confirm)
        rejection.reason = Unconfirmed{step.miss->hits, rule.confirm};
    if (step.miss->kind == NearMiss::Kind::cool_down)
        rejection.reason = CoolingDown{grid_.slot_s(track.cold_until())};
    recording_.on_reject(rejection);
}

void EventDetector::finish(double end_s, const Sink& sink) {
    for (std::size_t t = 0; t < tracks_.size(); ++t) {
        auto& track = tracks_[t];
        const auto take = [&](const EventTrack::Step& step) {
            reject(track, step, end_s);
            if (step.event && !step.too_short)
                waiting_.emplace(std::pair(step.event->windows.position(), t), *step.event);
        };
        while (const auto step = track.drain()) take(*step);
        take(track.close());
    }
    for (const auto& [key, run] : waiting_) {
        const label::Event event = to_event(tracks_[key.second], run.windows, end_s);
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
    for (auto& track : tracks_)
        if (track.score_index() == class_index) track.set_thresholds(on_threshold, off_threshold);
}

EventDetector::Outlook EventDetector::outlook(const std::string& label) const {
    const auto track = std::ranges::find(tracks_, label, [](const auto& each) { return each.rule().label; });
    if (track == tracks_.end()) return {std::numeric_limits<double>::infinity(), {}};
    const auto index = static_cast<std::size_t>(track - tracks_.begin());
    const auto waiting =
        std::ranges::find(waiting_, index, [](const auto& each) { return each.first.second; });
    const bool waits = waiting != waiting_.end();
    // Not that of its slot: at the end of the recording, an event may begin with its window.
    const double earliest = waits ? waiting->first.first : track->earliest();
    Outlook outlook{grid_.window_onset_s(static_cast<std::int64_t>(std::floor(earliest))), {}};
    const auto* const run = waits ? &waiting->second : track->lasting();
    if (run && (waits || !is_shared(grid_, run->windows))) {
        WindowRun windows = run->windows;
        if (!waits && track->rule().refine) windows.offset_shift = -WindowRun::kMostShift;
        const auto event = event_of(grid_, windows, label);
        outlook.certain = {event.onset_s, event.offset_s};
    }
    return outlook;
}

void EventDetector::forget() {
    waiting_.clear();
    for (auto& track : tracks_) track.reset();
}

void EventDetector::release(const Sink& sink) {
    while (!waiting_.empty()) {
        const auto& [key, run] = *waiting_.begin();
        const bool overtakable = std::ranges::any_of(tracks_, [&, &key = key](const EventTrack& track) {
            return std::pair(track.earliest(), static_cast<std::size_t>(&track - tracks_.data())) < key;
        });
        if (overtakable && waiting_.size() <= kMaxWaiting) return;
        sink(to_event(tracks_[key.second], run.windows, {}));
        waiting_.erase(waiting_.begin());
    }
}

label::Event EventDetector::to_event(const EventTrack& track, const WindowRun& run,
                                     std::optional<double> end_s) const {
    const auto& label = track.rule().label;
    if (!end_s) return event_of(grid_, run, label);
    return event_of(grid_, run, label, *end_s, run.last + 1 == track.next());
}

}  // namespace earshot::detect
