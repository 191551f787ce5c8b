#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "audio/source.h"
#include "detect/event_rules.h"

namespace earshot::tools {

/// Of what it hears from a device.
struct LiveOptions {
    std::string device;  // empty: no device, but recordings
    bool no_reconnect = false;
    bool partial = false;
    std::string on_event, save_clips;
    double pre_s = 2, post_s = 2;  // of clips
    double stats_s = 0;
    std::string view = "auto";  // always, never; auto: if standard output is a terminal
};

/// Part `index` of `count`, from 1.
struct Shard {
    std::size_t index = 1, count = 1;
};

/// "2/8". @throws UsageError for anything else
Shard parse_shard(const std::string& text);

/// The inputs of a part: neighbours, so that the outputs of all parts one after the other are that of the
/// whole.
template <class T>
std::vector<T> part_of(const std::vector<T>& all, const Shard& shard) {
    const auto bound = [&](std::size_t i) {
        return all.begin() + static_cast<std::ptrdiff_t>(all.size() * i / shard.count);
    };
    return {bound(shard.index - 1), bound(shard.index)};
}

/// What the command line of earshot detect says.
struct DetectOptions {
    std::string model;
    std::vector<std::string> inputs;
    audio::SourceOptions source;
    detect::EventRuleOptions rules;
    double overlap = 0;  // of windows
    std::string output = "-", format, scores;
    int top = 0;                 // labels of each recording instead of events; 0: events
    bool per_recording = false;  // the label of each recording instead of events
    bool with_scores = false;    // --scores was given, with or without a place
    std::string shard_text;      // as typed
    Shard shard;
    int jobs = 0;
    bool unbuffered = false, exit_status = false;
    LiveOptions live;
};

}  // namespace earshot::tools
