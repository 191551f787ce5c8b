#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "detect/event_rule.h"
#include "detect/event_track.h"
#include "detect/rejection.h"
#include "label/timeline.h"
#include "windows/window_grid.h"

namespace earshot::detect {

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
/// For cool_down_s after an event that was not dropped, the state stays silent whatever the score. With
/// confirmation n/m, the state stays silent until n of the last m windows since then have s >= on_threshold;
/// the event begins with the first of these n. (1/1 is the machine above.)
///
/// An event lasts from the slot of its first window to the slot of its last one; with EventRule::refine, from
/// where the score crosses on_threshold between two windows to where it crosses off_threshold. Where a window
/// speaks for anything in it (WindowGrid::anywhere) and all windows of the event overlap, it lasts from the
/// beginning of the last window to the end of the first: the part that they have in common. Its score is the
/// highest smoothed score in it, so raising the threshold to x only leaves events that score at least x.
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
        double start_s = 0;            // time of window 0 in the recording
        bool at_once = false;          // emit final events without waiting for earlier ones
        Sink on_start = {};            // optional: receives each event as soon as it is sure to be
                                       // kept, with what is known of it by then
        RejectionSink on_reject = {};  // optional: receives what almost was an event, once that is certain
    };

    /// What is known of the events of a class that the sink has not received yet.
    struct Outlook {
        double earliest_s;  // none of them begins before this
        /// Onset and offset so far of the first of them, if it is sure to be kept. It will not shrink.
        std::optional<std::pair<double, double>> certain;
    };

    /// @param rules  one per class, in the order of the scores; a class with an empty label makes no events
    /// @throws Error if a rule is out of bounds
    EventDetector(std::vector<EventRule> rules, windows::WindowGrid grid);

    /// The scores of the next window, one per class.
    /// @throws Error if one is NaN
    void push(std::span<const float> scores, const Sink& sink);
    /// The end of the recording, at end_s: closes open events, and resets.
    void finish(double end_s, const Sink& sink);
    /// Starts a recording. Drops one that was abandoned half-way.
    void begin(Recording recording);
    /// Applies from the next score on; events go on. @throws Error if off_threshold is above on_threshold
    void set_thresholds(std::size_t class_index, double on_threshold, double off_threshold);
    /// Of the class of this label; if there is none, there will be no event.
    Outlook outlook(const std::string& label) const;

 private:
    using Run = EventTrack::Run;
    void keep(std::size_t track, const Run& run, const Sink& sink);
    void announce(EventTrack& track);
    void reject(const EventTrack& track, const EventTrack::Step& step, std::optional<double> end_s) const;
    void release(const Sink& sink);
    void forget();
    /// @param end_s  of the recording, once it is known
    label::Event to_event(const EventTrack& track, const WindowRun& run, std::optional<double> end_s) const;

    windows::WindowGrid grid_;
    Recording recording_;
    std::size_t classes_;
    std::vector<EventTrack> tracks_;                         // of the classes that make events
    std::map<std::pair<double, std::size_t>, Run> waiting_;  // final events, by position and track
};

}  // namespace earshot::detect
