#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "label/timeline.h"

namespace earshot {

/// How scores of one class become events. Times are turned into counts of windows, so that a file and a
/// live stream go through the same automaton and need no clock.
struct EventRule {
    std::string label;
    double on_threshold = 0.5;    // an event begins where the smoothed score reaches this
    double off_threshold = 0.5;   // and ends where it falls below this; at most on_threshold
    double min_duration_s = 0;    // shorter ones are dropped
    double merge_gap_s = 0;       // events nearer than this become one
    int median_windows = 1;       // odd; smoothing
};

/// Scores in, events out. Events come out in order of onset as soon as no later score can change them.
class EventDetector {
 public:
    using Sink = std::function<void(const Event&)>;
    /// @param rules  one per class, in the order of the scores; a class with an empty label makes no events
    /// @param hop_s, window_s  between windows, and covered by each
    EventDetector(std::vector<EventRule> rules, double hop_s, double window_s);

    /// Scores of the next window, one per class.
    void push(std::span<const float> scores, const Sink& sink);
    /// End of the recording: closes open events, offsets at most duration_s. Then as new.
    void finish(double duration_s, const Sink& sink);

 private:
    struct Track;
    std::vector<EventRule> rules_;
    double hop_s_, window_s_;
};

}  // namespace earshot
