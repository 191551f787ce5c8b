#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "live/live_sink.h"
#include "support/json_lines.h"
#include "support/output.h"

namespace earshot::tools {

struct FeedOptions {
    std::string device;
    bool partial = false;  // a line at an event's start and one at its end
    double stats_s = 0;    // between lines of statistics; 0: none
    std::function<nlohmann::ordered_json()> stats;
};

/// Writes live events as JSON Lines, each line at once. earshot-formats(5), EVENTS.
class EventFeed : public live::LiveSink {
 public:
    EventFeed(Output& output, FeedOptions options);

    void starts(const live::LiveEvent& event) override;
    void ends(const live::LiveEvent& event) override;
    void gap(const live::LiveGap& gap) override;
    void turn() override;

 private:
    using Clock = std::chrono::steady_clock;

    JsonLines lines_;
    FeedOptions options_;
    Clock::time_point next_stats_;
};

/// Writes what almost was an event as JSON Lines, each line at once. earshot-formats(5), REJECTED.
class RejectionFeed : public live::LiveSink {
 public:
    RejectionFeed(Output& output, std::string device) : lines_(output, true), device_(std::move(device)) {}

    void rejects(const live::LiveRejection& rejection) override;

 private:
    JsonLines lines_;
    std::string device_;
};

}  // namespace earshot::tools
