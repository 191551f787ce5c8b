#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "detect/event_rule.h"
#include "detect/median_smoother.h"
#include "detect/near_misses.h"
#include "detect/window_run.h"

namespace earshot::detect {

/// The state machine of one class, which EventDetector describes: smoothed scores in, runs of windows out.
class EventTrack {
 public:
    struct Run {
        WindowRun windows;
        bool announced = false;  // EventDetector::Recording::on_start has it
    };
    /// What is final with a window.
    struct Step {
        std::optional<Run> event;
        bool too_short = false;  // the event is dropped
        std::optional<NearMiss> miss;
    };

    EventTrack(const EventRule& rule, std::size_t score_index, double hop_s);

    /// Takes the score of the next window, which may still have to wait for its smoothing. At the end,
    /// drain() until there is nothing left, then close().
    std::optional<Step> push(float score);
    std::optional<Step> drain();
    Step close();
    void reset();
    void set_thresholds(double on_threshold, double off_threshold);

    const EventRule& rule() const { return rule_; }
    std::size_t score_index() const { return score_index_; }
    /// The window of the next smoothed score.
    std::int64_t next() const { return next_; }
    /// The earliest window with which a future event may begin, less up to one for where in it.
    double earliest() const;
    /// The event in progress, if it is long enough to be kept.
    const Run* lasting() const;
    void set_announced() { run_->announced = true; }
    /// The first window that the cool-down leaves free.
    std::int64_t cold_until() const { return cold_until_; }

 private:
    struct Hit {
        std::int64_t window;
        float score;
        double shift;  // WindowRun::onset_shift of an event that begins here
    };
    Step advance(float score);
    Step go_on(std::int64_t window, float score);
    Step stay_silent(std::int64_t window, float score);
    Step end_event();
    bool begins(std::int64_t window, float score);
    void forget_hopeless_hits();

    EventRule rule_;
    std::size_t score_index_;
    std::int64_t min_windows_, gap_windows_, cool_windows_;
    MedianSmoother smoother_;

    std::int64_t next_ = 0;
    std::optional<float> previous_;  // the smoothed score before that of next_
    bool sounding_ = false;
    std::optional<Run> run_;       // the event, sounding or pending
    std::int64_t cold_until_ = 0;  // no other event begins before this window
    std::deque<Hit> hits_;         // windows that an event may begin with, fewer than confirm.hits
    NearMisses misses_;
};

}  // namespace earshot::detect
