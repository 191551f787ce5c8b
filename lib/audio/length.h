#pragma once

#include <string>
#include <vector>

#include "audio/source.h"

namespace earshot {

struct Length {
    double seconds = 0;
    std::vector<Damage> damage;  // found on the way; complete only if the recording had to be decoded
};

/// How long a recording is, to the sample. Formats that do not say it exactly (MP3, Opus) are decoded.
Length measure_length(const std::string& path);

}  // namespace earshot
