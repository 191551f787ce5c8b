#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "label/timeline.h"
#include "windows/window_grid.h"

namespace earshot::detect {

/// How the scores of one class become events. Times are converted to counts of windows, so that files and
/// live streams use the same state machine without a clock.
struct EventRule {
    std::string label;
    double on_threshold = 0.5;   // an event begins where the smoothed score reaches this
    double off_threshold = 0.5;  // and ends where it falls below this; at most on_threshold
    double min_duration_s = 0;   // shorter ones are dropped, after merging
    double merge_gap_s = 0;      // gaps up to this between events of the class are filled
    int median_windows = 1;      // smoothing (MedianSmoother): odd, at most kMaxMedianWindows
    double cool_down_s = 0;      // no event of the class begins this soon after another

    static constexpr int kMaxMedianWindows = 9999;
};

/// Scores in, events out.
///
/// Each class has this state machine, which takes one smoothed score s per window:
///
///     silent   --  s >= on_threshold, a new event       -->  sounding
///     sounding --  s < off_threshold                    -->  pending
///     pending  --  s >= on_threshold, the same event    -->  sounding
///     pending  --  gap longer than merge_gap_s          -->  silent; the event is final, or dropped if
///                                                            shorter than min_duration_s
///
/// For cool_down_s after an event that was not dropped, the state stays silent whatever the score.
///
/// An event lasts from the slot of its first window to the slot of its last one. Where a window speaks for
/// anything in it (WindowGrid::anywhere) and all windows of the event overlap, it lasts from the beginning of
/// the last window to the end of the first: the part that they have in common. Its score is the highest
/// smoothed score in it, so raising the threshold to x only leaves events that score at least x.
///
/// Events of all classes are emitted in order of onset, then of class, as soon as no later score can change
/// them or put another event before them. Memory is bounded: at most kMaxWaiting events wait for one that
/// began earlier and still goes on; beyond that, the earliest of them is emitted first. With `at_once`, each
/// event is emitted as soon as it is final: the same events, in another order.
class EventDetector {
 public:
    using Sink = std::function<void(const label::Event&)>;
    static constexpr std::size_t kMaxWaiting = 4096;

    struct Recording {
        double start_s = 0;    // time of window 0 in the recording
        bool at_once = false;  // emit final events without waiting for earlier ones
        Sink on_start;         // optional: receives each event as soon as it is sure to be
                               // kept, with what is known of it by then
    };

    /// @param rules  one per class, in the order of the scores; a class with an empty label makes no events
    /// @throws Error if a rule is out of bounds
    EventDetector(std::vector<EventRule> rules, windows::WindowGrid grid);
    ~EventDetector();

    /// The scores of the next window, one per class.
    /// @throws Error if one is NaN
    void push(std::span<const float> scores, const Sink& sink);
    /// The end of the recording, at end_s: closes open events, and resets.
    void finish(double end_s, const Sink& sink);
    /// Starts a recording. Drops one that was abandoned half-way.
    void begin(Recording recording);
    /// Applies from the next score on; events go on. @throws Error if off_threshold is above on_threshold
    void set_thresholds(std::size_t class_index, double on_threshold, double off_threshold);

 private:
    struct Run {  // of windows of one event
        std::int64_t first, last;
        float score;
        bool announced = false;  // to on_start
    };
    struct Track;
    void keep(std::size_t track, const Run& run, const Sink& sink);
    void release(const Sink& sink);
    void forget();
    bool is_shared(const Run& run) const;  // it is where all its windows overlap
    label::Event to_event(std::size_t track, const Run& run) const;

    windows::WindowGrid grid_;
    Recording recording_;
    std::size_t classes_;
    std::vector<Track> tracks_;                                    // of the classes that make events
    std::map<std::pair<std::int64_t, std::size_t>, Run> waiting_;  // final events, by first window and track
};

}  // namespace earshot::detect
