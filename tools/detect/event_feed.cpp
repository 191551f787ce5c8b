#include "tools/detect/event_feed.h"

#include "live/live_json.h"

namespace earshot::tools {
namespace {

std::chrono::steady_clock::duration duration_of(double seconds) {
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(seconds));
}

}  // namespace

EventFeed::EventFeed(Output& output, FeedOptions options)
    : lines_(output, true),
      options_(std::move(options)),
      next_stats_(Clock::now() + duration_of(options_.stats_s)) {}

void EventFeed::starts(const live::LiveEvent& event) {
    if (options_.partial)
        lines_.write(live::live_event_json(options_.device, event, live::EventState::start));
}

void EventFeed::ends(const live::LiveEvent& event) {
    lines_.write(live::live_event_json(options_.device, event,
                                       options_.partial ? live::EventState::end : live::EventState::whole));
}

void EventFeed::gap(const live::LiveGap& gap) { lines_.write(live::live_gap_json(options_.device, gap)); }

void RejectionFeed::rejects(const live::LiveRejection& rejection) {
    lines_.write(live::live_rejection_json(device_, rejection));
}

void EventFeed::turn() {
    if (options_.stats_s <= 0 || Clock::now() < next_stats_) return;
    const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    lines_.write({{"file", options_.device}, {"time", utc_text(now)}, {"stats", options_.stats()}});
    next_stats_ += duration_of(options_.stats_s);
    if (next_stats_ < Clock::now())
        next_stats_ = Clock::now() + duration_of(options_.stats_s);  // the process was suspended
}

}  // namespace earshot::tools
