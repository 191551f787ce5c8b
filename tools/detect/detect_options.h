#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "audio/source.h"
#include "batch/shard.h"
#include "detect/event_rules.h"

namespace earshot::tools {

/// Options for sound from a device.
struct LiveOptions {
    std::string device;  // empty: recordings instead
    bool no_reconnect = false;
    bool partial = false;
    std::string on_event, save_clips;
    double pre_s = 2, post_s = 2;  // of clips
    double stats_s = 0;
    std::string view = "auto";  // always, never; auto: if standard output is a terminal
};

/// The command line of earshot detect.
struct DetectOptions {
    std::string model;
    std::vector<std::string> inputs;
    audio::SourceOptions source;
    detect::EventRuleOptions rules;
    double overlap = 0;  // of windows
    std::string output = "-", format, scores;
    std::string rejected;        // where rejections go; empty: nowhere
    int top = 0;                 // labels of each recording instead of events; 0: events
    bool per_recording = false;  // the label of each recording instead of events
    bool with_scores = false;    // --scores was given, with or without a place
    batch::Shard shard;
    int jobs = 0;
    bool unbuffered = false, exit_status = false;
    LiveOptions live;
};

}  // namespace earshot::tools
