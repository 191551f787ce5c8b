#pragma once

#include <string>
#include <vector>

#include "audio/source.h"
#include "batch/shard.h"
#include "dataset/recording_date.h"
#include "metrics/event_evaluation.h"

namespace earshot::tools {

/// The command line of earshot evaluate.
struct EvaluateOptions {
    std::string model;
    std::vector<std::string> data;
    audio::SourceOptions source;
    std::string labels, background;             // background: the label
    std::vector<std::string> background_given;  // a label, or recordings or datasets of background
    std::vector<std::string> background_data;   // the latter
    std::vector<std::string> leave_out, tags, day_texts;
    std::vector<dataset::DayRange> days;
    std::string output = "-", scores, curves;
    std::vector<std::string> detections;  // files of events to judge, instead of a model
    std::string score_tables, durations;
    metrics::EventCriteria criteria;
    batch::Shard shard;
    bool part = false;   // --shard was given: write scores of our part rather than a report
    bool merge = false;  // data are such parts
    int jobs = 0;
    bool json = false, per_recording = false;
};

}  // namespace earshot::tools
