#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "audio/source.h"
#include "capture/live_source.h"
#include "record/level_meter.h"

namespace earshot::record {

/// The index line of a segment; earshot-formats(5), ARCHIVES.
struct IndexLine {
    UtcTime start;
    audio::AudioFormat format;
    std::int64_t frames = 0;
    LevelMeter levels;
    std::optional<std::int64_t> position;  // frames since the capture began
    std::optional<capture::Gap> gap;       // since the segment before, kept or not
    int overruns = 0;                      // in that gap
    std::string device;                    // "" if not known

    nlohmann::ordered_json json() const;
};

}  // namespace earshot::record
