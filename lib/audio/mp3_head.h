#pragma once

#include <cstdint>
#include <optional>

#include "audio/byte_input.h"

namespace earshot::audio {

/// Samples of a channel that an MP3 file holds without the encoder's delay and padding, as the information
/// frame tells that LAME and libav put before the sound. Consumes nothing.
/// @return nothing if there is no such frame, or if more follows than the frame counts: files that were
/// joined Source of the layout: ISO 11172-3, 2.4.1.3; G. Tester and H. Heutschi, "MP3 Info Tag, revision 1
/// specifications".
std::optional<std::int64_t> find_mp3_length(ByteInput& input);

}  // namespace earshot::audio
