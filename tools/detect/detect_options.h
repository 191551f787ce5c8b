#pragma once

#include <string>
#include <vector>

#include "audio/source.h"
#include "detect/event_rules.h"

namespace earshot::tools {

/// Of what it hears from a device.
struct LiveOptions {
    std::string device;  // empty: no device, but recordings
    bool reconnect = true;
    bool partial = false;
    std::string on_event, save_clips;
    double pre_s = 2, post_s = 2;  // of clips
    double stats_s = 0;
    std::string view = "auto";  // always, never; auto: if standard output is a terminal
};

/// What the command line of earshot detect says.
struct DetectOptions {
    std::string model;
    std::vector<std::string> inputs;
    SourceOptions source;
    EventRuleOptions rules;
    double overlap = 0;  // of windows
    std::string output = "-", format, scores;
    int top = 0;  // labels of each recording instead of events; 0: events
    int jobs = 0;
    bool unbuffered = false, exit_status = false;
    LiveOptions live;
};

}  // namespace earshot::tools
