#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/live_source.h"
#include "detect/rejection.h"
#include "label/timeline.h"
#include "support/time_text.h"

namespace earshot::live {

/// An event that was detected live. Seconds count from the start of the capture, including gaps.
struct LiveEvent {
    label::Event event;
    UtcTime time;  // of its onset
};

/// A sound that was almost an event.
struct LiveRejection {
    detect::Rejection rejection;
    UtcTime time;  // of its onset
};

/// Sound that is missing.
struct LiveGap {
    double onset_s = 0, offset_s = 0;
    UtcTime time;  // of its onset
    capture::GapCause cause = capture::GapCause::overrun;
};

/// Receives samples, scores and events from a LiveListener. Members are called on the listening thread and
/// must not block: a sink does long work on its own thread.
class LiveSink {
 public:
    virtual ~LiveSink() = default;

    /// Sound before it is scored, mono at the model's rate. Positions ascend; a jump is a gap.
    /// @param position  of the first sample, counted from the start of the capture
    virtual void samples(std::int64_t /*position*/, UtcTime /*time*/, std::span<const float> /*samples*/) {}
    /// Scores of a window, one per label of the model.
    virtual void scores(std::span<const float> /*scores*/) {}
    /// An event has begun that others may mute. Later it starts and ends, or is rejected as Suppressed; for
    /// each label in the order in which they began.
    virtual void may_start(const LiveEvent& /*event*/) {}
    /// An event has begun; offset and score are preliminary.
    virtual void starts(const LiveEvent& /*event*/) {}
    virtual void ends(const LiveEvent& /*event*/) {}
    virtual void rejects(const LiveRejection& /*rejection*/) {}
    virtual void gap(const LiveGap& /*gap*/) {}
    /// Called several times a second, with or without sound.
    virtual void turn() {}
};

}  // namespace earshot::live
