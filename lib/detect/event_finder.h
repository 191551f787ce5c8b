#pragma once

#include <optional>
#include <span>
#include <vector>

#include "detect/event_detector.h"
#include "detect/event_rules.h"
#include "detect/quiet_sounds.h"
#include "detect/suppressor.h"

namespace earshot::detect {

/// All rules in a row: windows below the minimum level count as silent, an EventDetector finds events, and a
/// Suppressor drops those that others mute. Scores and levels in; events, and what almost was one, out.
class EventFinder {
 public:
    using Sink = EventDetector::Sink;

    /// @param labels  how many the model has. The rules may have one class more, any sound.
    EventFinder(EventRules rules, std::size_t labels, windows::WindowGrid grid);
    EventFinder(const EventFinder&) = delete;
    EventFinder& operator=(const EventFinder&) = delete;

    struct Recording {  // the first four as in EventDetector::Recording
        double start_s = 0;
        bool at_once = false;
        Sink on_start = {};  // of an event that may be muted, just before the event itself
        RejectionSink on_reject = {};
        /// Optional: receives each event that may still be muted when on_start would otherwise. The event
        /// itself follows, or its rejection as Suppressed; for each label in the order in which they began.
        Sink on_candidate = {};
    };

    /// Starts a recording. Drops one that was abandoned half-way.
    void begin(Recording recording);
    /// The next window. @param scores  one per label of the model @param level_dbfs  used if needs_level()
    /// @throws Error as EventDetector::push
    void push(std::span<const float> scores, double level_dbfs, const Sink& sink);
    /// The end of the recording, at end_s.
    void finish(double end_s, const Sink& sink);

    void set_thresholds(std::size_t class_index, double on_threshold, double off_threshold);
    bool needs_level() const { return min_level_dbfs_.has_value(); }

 private:
    std::span<const float> gated(std::span<const float> scores, double level_dbfs);
    void release(const Sink& sink);
    bool is_reported(const std::string& label) const;
    void start(const label::Event& event) const;
    void report(const label::Event& event, const Sink& sink) const;
    void reject(const Rejection& rejection) const;

    std::optional<double> min_level_dbfs_;
    std::vector<std::string> unreported_;
    bool any_sound_;  // there is one class more than the model has
    std::vector<float> gated_;
    std::optional<QuietSounds> quiet_;
    EventDetector detector_;
    Suppressor suppressor_;
    Recording recording_;
};

}  // namespace earshot::detect
