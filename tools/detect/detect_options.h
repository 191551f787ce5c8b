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

/// The classes of a pretrained network instead of a model.
struct TagOptions {
    std::string network;              // own, or ONNX, TFLite or .ears; empty: a model
    std::string class_map;            // names of the classes; empty: the file beside the network
    std::vector<std::string> groups;  // "dog=Dog,Bark"
};

/// The command line of earshot detect.
struct DetectOptions {
    std::string model;  // its directory, or the network's file
    TagOptions tags;
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
