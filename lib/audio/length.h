#pragma once

#include <string>
#include <vector>

#include "audio/source.h"

namespace earshot::audio {

struct Length {
    double seconds = 0;
    std::vector<Damage> damage;  // complete only if the recording was decoded
};

/// Exact length of a recording: from its header, or (for some MP3 and MP4) by decoding it.
Length measure_length(const std::string& path);

/// The same, but always decodes to the end, and so finds all damage.
Length decode_length(const std::string& path);

}  // namespace earshot::audio
