#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detect/listener.h"
#include "live/live_sink.h"
#include "live/stretch_source.h"

namespace earshot::live {

struct LiveTotals {
    std::int64_t windows = 0;
    std::int64_t events = 0;
    double heard_s = 0;
    double gaps_s = 0;
    int gaps = 0;
};

/// Runs a model on a live source and passes the results to sinks. Each stretch of sound between two gaps is
/// scored like a separate recording: events end where sound is missing, and no window spans a gap.
class LiveListener {
 public:
    /// @param source    one channel at the listener's rate
    /// @param listener  kept until another takes its place
    LiveListener(capture::LiveSource& source, std::string name, std::unique_ptr<detect::Listener> listener,
                 std::optional<double> duration_s = {});

    /// Must outlive this; called in the order in which they were added.
    void add(LiveSink& sink) { sinks_.push_back(&sink); }

    /// Until the source ends, is stopped or fails: @throws then what LiveSource::read throws, once the sinks
    /// have received everything up to then.
    void run();

    // From the sinks only:
    void stop() { stretches_.stop(); }
    /// Ends the stretch, and goes on with this one. @throws Error if it needs another sample rate
    void replace(std::unique_ptr<detect::Listener> listener);
    detect::Listener& listener() { return *listener_; }
    const LiveTotals& totals() const { return totals_; }

 private:
    bool turn();
    void hear_stretch();
    void tell_gap(std::int64_t begin, const capture::Gap& gap, UtcTime end_time);
    void tell_last_gap();
    LiveEvent at_its_time(const label::Event& event) const;
    UtcTime time_at(double position_s) const;

    capture::LiveSource& source_;
    const std::string name_;
    std::unique_ptr<detect::Listener> listener_, next_;
    StretchSource stretches_;
    std::vector<LiveSink*> sinks_;
    LiveTotals totals_;
    std::int64_t heard_frames_ = 0;
    std::int64_t gap_frames_ = 0;  // told
    capture::BlockTime anchor_;    // of the last block
};

}  // namespace earshot::live
