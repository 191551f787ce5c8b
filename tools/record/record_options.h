#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "capture/live_source.h"
#include "record/archive.h"
#include "record/recorder.h"

namespace earshot::tools {

struct RecordOptions {
    std::string file;  // what is written; with segments, `-` is what is read
    std::optional<std::string> device;
    bool list = false;
    capture::CaptureOptions capture;
    bool no_reconnect = false, fast = false;
    std::optional<double> duration_s;

    std::string segments;  // directory
    std::string format;    // "": by the name of the file, else wav
    std::string bits = "16";
    bool force = false;
    record::RecorderOptions recorder;
    std::string keep = "all";
    record::GateSettings gate;
    record::ArchiveOptions archive;
    std::uint64_t max_bytes = 0, min_free_bytes = std::uint64_t{100} << 20;
    std::string control;

    bool reads_standard_input() const { return !segments.empty() && file == "-"; }
    std::string input() const { return reads_standard_input() ? "-" : device.value_or("default"); }
};

}  // namespace earshot::tools
