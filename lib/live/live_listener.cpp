#include "live/live_listener.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot::live {

LiveListener::LiveListener(capture::LiveSource& source, std::string name,
                           std::unique_ptr<detect::Listener> listener, std::optional<double> duration_s)
    : source_(source),
      name_(std::move(name)),
      listener_(std::move(listener)),
      stretches_(
          source, [this] { return turn(); }, duration_s) {}

void LiveListener::run() {
    // An interrupt ends a stretch before the current block, which would begin the next one.
    while (!interrupted() && stretches_.next()) {
        if (next_) listener_ = std::move(next_);
        anchor_ = stretches_.time();
        if (const auto& gap = stretches_.gap_before())
            tell_gap(stretches_.start() - gap->frames, *gap, anchor_.utc);
        hear_stretch();
    }
    tell_last_gap();
}

void LiveListener::replace(std::unique_ptr<detect::Listener> listener) {
    if (listener->rate_hz() != listener_->rate_hz()) {
        throw Error(fmt::format("it needs sound at {} Hz, but this capture is at {} Hz (restart)",
                                listener->rate_hz(), listener_->rate_hz()));
    }
    next_ = std::move(listener);
}

bool LiveListener::turn() {
    for (auto* sink : sinks_) sink->turn();
    return !next_;
}

void LiveListener::hear_stretch() {
    const double rate_hz = source_.format().rate_hz;
    detect::ListenOptions options;
    options.name = name_;
    options.live = true;
    options.start_s = static_cast<double>(stretches_.start()) / rate_hz;
    std::int64_t position = stretches_.start();
    options.on_samples = [&](std::span<const float> samples) {
        anchor_ = stretches_.time();
        for (auto* sink : sinks_)
            sink->samples(position, time_at(static_cast<double>(position) / rate_hz), samples);
        position += static_cast<std::int64_t>(samples.size());
        heard_frames_ += static_cast<std::int64_t>(samples.size());
        totals_.heard_s = static_cast<double>(heard_frames_) / rate_hz;
    };
    options.on_scores = [&](std::span<const float> scores) {
        ++totals_.windows;
        for (auto* sink : sinks_) sink->scores(scores);
    };
    options.on_start = [&](const label::Event& event) {
        const auto live = at_its_time(event);
        for (auto* sink : sinks_) sink->starts(live);
    };
    options.on_candidate = [&](const label::Event& event) {
        const auto live = at_its_time(event);
        for (auto* sink : sinks_) sink->may_start(live);
    };
    options.on_reject = [&](const detect::Rejection& rejection) {
        const LiveRejection live{rejection, time_at(rejection.sound.onset_s)};
        for (auto* sink : sinks_) sink->rejects(live);
    };
    listener_->listen(stretches_, options, [&](const label::Event& event) {
        ++totals_.events;
        const auto live = at_its_time(event);
        for (auto* sink : sinks_) sink->ends(live);
    });
}

void LiveListener::tell_gap(std::int64_t begin, const capture::Gap& gap, UtcTime end_time) {
    const double rate_hz = source_.format().rate_hz;
    LiveGap told;
    told.onset_s = static_cast<double>(begin) / rate_hz;
    told.offset_s = static_cast<double>(begin + gap.frames) / rate_hz;
    told.time = end_time - std::chrono::microseconds(std::llround(1e6 * (told.offset_s - told.onset_s)));
    told.cause = gap.cause;
    gap_frames_ += gap.frames;
    ++totals_.gaps;
    totals_.gaps_s += told.offset_s - told.onset_s;
    for (auto* sink : sinks_) sink->gap(told);
}

/// A gap that no sound has followed.
void LiveListener::tell_last_gap() {
    if (!source_.is_paused() && !source_.is_lost()) return;
    const auto now = source_.statistics();
    const capture::Gap gap{now.lost + now.paused - gap_frames_,
                           source_.is_paused() ? capture::GapCause::paused : capture::GapCause::device_lost};
    if (gap.frames <= 0) return;
    const auto begin = now.delivered + gap_frames_;
    tell_gap(begin, gap, time_at(static_cast<double>(begin + gap.frames) / source_.format().rate_hz));
}

LiveEvent LiveListener::at_its_time(const label::Event& event) const {
    return {event, time_at(event.onset_s)};
}

UtcTime LiveListener::time_at(double position_s) const {
    const double anchor_s = static_cast<double>(anchor_.position) / source_.format().rate_hz;
    return anchor_.utc + std::chrono::microseconds(std::llround(1e6 * (position_s - anchor_s)));
}

}  // namespace earshot::live
