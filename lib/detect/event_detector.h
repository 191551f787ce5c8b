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

/// How scores of one class become events. Times are turned into counts of windows, so that a file and a
/// live stream go through the same automaton and need no clock.
struct EventRule {
    std::string label;
    double on_threshold = 0.5;   // an event begins where the smoothed score reaches this
    double off_threshold = 0.5;  // and ends where it falls below this; at most on_threshold
    double min_duration_s = 0;   // shorter ones are dropped, after merging
    double merge_gap_s = 0;      // gaps up to this between events of the class are filled
    int median_windows = 1;      // smoothing (MedianSmoother): odd, at most kMaxMedianWindows
    double cool_down_s = 0;      // after an event, no other of the class begins for this long

    static constexpr int kMaxMedianWindows = 9999;
};

/// Scores in, events out.
///
/// Each class goes through this automaton, one smoothed score s a window:
///
///     silent   --  s >= on_threshold, a new event       -->  sounding
///     sounding --  s < off_threshold                    -->  pending
///     pending  --  s >= on_threshold, the same event    -->  sounding
///     pending  --  gap longer than merge_gap_s          -->  silent; the event is certain, or dropped if
///                                                            shorter than min_duration_s
///
/// For cool_down_s after the end of an event that was not dropped, silent stays silent whatever the score.
///
/// An event lasts from the slot of its first window to that of its last one; or, where windows hear something
/// anywhere in them (WindowGrid::anywhere), from the beginning of the last to the end of the first, if they
/// overlap: when what is heard slips out of the window, and when it has come into it. Its score is the
/// highest smoothed score in it: so the events that remain when thresholds are raised to x are among those
/// that score x or more.
///
/// Events of all classes come out in order of onset, then of class, as soon as no later smoothed score can
/// change them or put one before them. Memory is constant: while an event goes on, at most kMaxWaiting that
/// began later wait for it; beyond that the earliest of them is let go first. Or, asked for at_once, each
/// comes out as soon as it is certain itself, whatever else goes on: the same events, in order of certainty.
class EventDetector {
 public:
    using Sink = std::function<void(const label::Event&)>;
    static constexpr std::size_t kMaxWaiting = 4096;

    struct Recording {
        double start_s = 0;    // of window 0 on the recording's time line
        bool at_once = false;  // an event that is certain waits for no other
        Sink on_start;         // if not empty: takes each event once it is certain that there will be one, as
                               // far as it is known by then
    };

    /// @param rules  one per class, in the order of the scores; a class with an empty label makes no events
    /// @throws Error for a rule out of its bounds
    EventDetector(std::vector<EventRule> rules, windows::WindowGrid grid);
    ~EventDetector();

    /// Scores of the next window, one per class.
    /// @throws Error if one is not a number
    void push(std::span<const float> scores, const Sink& sink);
    /// End of the recording, at end_s on the grid's time line: closes open events. Then as new.
    void finish(double end_s, const Sink& sink);
    /// A new recording. Forgets one that was given up half-way.
    void begin(Recording recording);
    /// From the next score on; what sounds goes on. @throws Error if off_threshold is above on_threshold
    void set_thresholds(std::size_t class_index, double on_threshold, double off_threshold);

 private:
    struct Run {  // of windows of one event
        std::int64_t first, last;
        float score;
        bool announced = false;  // on_start has had it
    };
    struct Track;
    void keep(std::size_t track, const Run& run, const Sink& sink);
    void release(const Sink& sink);
    void forget();
    bool is_shared(const Run& run) const;  // all of its windows overlap, and that is where it lies
    label::Event to_event(std::size_t track, const Run& run) const;

    windows::WindowGrid grid_;
    Recording recording_;
    std::size_t classes_;
    std::vector<Track> tracks_;                                    // of the classes that make events
    std::map<std::pair<std::int64_t, std::size_t>, Run> waiting_;  // certain events by first window and track
};

}  // namespace earshot::detect
