#include "detect/event_track.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace earshot::detect {
namespace {

constexpr double kRounding = 1e-6;  // of a window: so that 0.3 s are three hops of 0.1 s

/// A count of windows, limited so that it can't overflow.
std::int64_t to_count(double windows) { return static_cast<std::int64_t>(std::min(windows, 1e15)); }

}  // namespace

EventTrack::EventTrack(const EventRule& rule, std::size_t score_index, double hop_s)
    : rule_(rule),
      score_index_(score_index),
      min_windows_(to_count(std::ceil(rule.min_duration_s / hop_s - kRounding))),
      gap_windows_(to_count(std::floor(rule.merge_gap_s / hop_s + kRounding))),
      cool_windows_(to_count(std::ceil(rule.cool_down_s / hop_s - kRounding))),
      smoother_(rule.median_windows) {}

std::optional<EventTrack::Step> EventTrack::push(float score) {
    const auto smoothed = smoother_.push(score);
    return smoothed ? std::optional(advance(*smoothed)) : std::nullopt;
}

std::optional<EventTrack::Step> EventTrack::drain() {
    const auto smoothed = smoother_.drain();
    return smoothed ? std::optional(advance(*smoothed)) : std::nullopt;
}

EventTrack::Step EventTrack::close() {
    Step step = end_event();
    if (!step.event) step.miss = misses_.finish();
    hits_.clear();
    return step;
}

void EventTrack::reset() {
    smoother_.reset();
    next_ = cold_until_ = 0;
    sounding_ = false;
    previous_.reset();
    run_.reset();
    hits_.clear();
    misses_ = {};
}

void EventTrack::set_thresholds(double on_threshold, double off_threshold) {
    rule_.on_threshold = on_threshold;
    rule_.off_threshold = off_threshold;
}

double EventTrack::earliest() const {
    if (run_) return run_->windows.position();
    if (!hits_.empty()) return static_cast<double>(hits_.front().window) + hits_.front().shift;
    return static_cast<double>(next_) - (rule_.refine ? WindowRun::kMostShift : 0);
}

const EventTrack::Run* EventTrack::lasting() const {
    return run_ && run_->windows.windows() >= min_windows_ ? &*run_ : nullptr;
}

EventTrack::Step EventTrack::advance(float score) {
    const std::int64_t window = next_++;
    Step step = run_ ? go_on(window, score) : stay_silent(window, score);
    previous_ = score;
    return step;
}

/// A window of the event, sounding or pending, or the first that is not.
EventTrack::Step EventTrack::go_on(std::int64_t window, float score) {
    const bool sounded = sounding_;
    sounding_ = static_cast<double>(score) >= (sounding_ ? rule_.off_threshold : rule_.on_threshold);
    if (sounded && !sounding_ && rule_.refine)
        run_->windows.offset_shift = crossing(*previous_, score, rule_.off_threshold);
    if (sounding_) {
        run_->windows.extend(window, score);
    } else if (window - run_->windows.last > gap_windows_) {
        Step step = end_event();
        stay_silent(window, score);
        return step;
    }
    return {};
}

EventTrack::Step EventTrack::stay_silent(std::int64_t window, float score) {
    using Height = NearMisses::Height;
    Step step;
    Height height = Height::far;
    if (static_cast<double>(score) >= rule_.on_threshold) {
        height = window < cold_until_ ? Height::cold_hit : Height::hit;
        if (height == Height::hit && begins(window, score)) {
            step.miss = misses_.event();
            return step;
        }
    } else if (static_cast<double>(score) >= kNearThreshold * rule_.on_threshold) {
        height = Height::near;
    }
    const std::size_t hits = hits_.size();
    forget_hopeless_hits();
    step.miss = misses_.take(window, score, height, height == Height::far ? hits_.size() : hits);
    return step;
}

EventTrack::Step EventTrack::end_event() {
    Step step;
    if (!run_) return step;
    step.too_short = !lasting();
    if (!step.too_short) cold_until_ = run_->windows.last + 1 + cool_windows_;
    sounding_ = false;
    step.event = std::exchange(run_, std::nullopt);
    return step;
}

/// Whether the hit at this window is the one that confirms an event.
bool EventTrack::begins(std::int64_t window, float score) {
    const bool rises = rule_.refine && previous_;
    hits_.push_back({window, score, rises ? crossing(*previous_, score, rule_.on_threshold) : 0});
    if (hits_.size() < static_cast<std::size_t>(rule_.confirm.hits)) return false;
    run_ = Run{
        {hits_.front().window, window, std::ranges::max(hits_, {}, &Hit::score).score, hits_.front().shift}};
    sounding_ = true;
    hits_.clear();
    return true;
}

/// Drops hits after which too few windows are left to confirm an event that begins with them. A hit that is
/// hopeless stays so, and so are those before it: whatever comes, hits and windows left only lose.
void EventTrack::forget_hopeless_hits() {
    const auto [hits, windows] = rule_.confirm;
    while (!hits_.empty()) {
        const std::int64_t left = hits_.front().window + windows - next_;
        if (static_cast<std::int64_t>(hits_.size()) + left >= hits) return;
        hits_.pop_front();
    }
}

}  // namespace earshot::detect
