#pragma once

#include <string>
#include <vector>

#include "audio/source.h"

namespace earshot::audio {

struct Length {
    double seconds = 0;
    std::vector<Damage> damage;  // where it could not be decoded; complete only if it was
};

/// How long a recording is, to the sample: what its header says exactly, else (some MP3, MP4) by decoding it.
Length measure_length(const std::string& path);

/// The same by decoding it to the end, whatever its header says: finds all damage.
Length decode_length(const std::string& path);

}  // namespace earshot::audio
