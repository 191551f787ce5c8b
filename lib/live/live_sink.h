#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/live_source.h"
#include "label/timeline.h"
#include "support/time_text.h"

namespace earshot::live {

/// Something that was heard live. Seconds count from the start of the capture, gaps included.
struct LiveEvent {
    label::Event event;
    UtcTime time;  // of its onset
};

/// Sound that was not heard.
struct LiveGap {
    double onset_s = 0, offset_s = 0;
    UtcTime time;  // of its onset
    capture::GapCause cause = capture::GapCause::overrun;
};

/// Takes part in what a LiveListener hears. Every member is called on the thread that listens, and must not
/// keep it: what takes long is done on a thread of the sink's own.
class LiveSink {
 public:
    virtual ~LiveSink() = default;

    /// What is about to be heard, mono at the model's rate. Positions ascend; where they jump is a gap.
    /// @param position  of the first sample since the start of the capture
    virtual void samples(std::int64_t /*position*/, UtcTime /*time*/, std::span<const float> /*samples*/) {}
    /// Of a window that was heard, one per label of the model.
    virtual void scores(std::span<const float> /*scores*/) {}
    /// There will be an event; offset and score are those so far.
    virtual void starts(const LiveEvent& /*event*/) {}
    virtual void ends(const LiveEvent& /*event*/) {}
    virtual void gap(const LiveGap& /*gap*/) {}
    /// Several times a second, sound or no sound.
    virtual void turn() {}
};

}  // namespace earshot::live
