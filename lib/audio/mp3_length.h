#pragma once

#include <cstdint>
#include <optional>

#include "audio/byte_input.h"

namespace earshot {

/// What the information frame of an MP3 file says: LAME and libav write one in front of the sound.
struct Mp3Length {
    std::int64_t coded;  // samples of a channel that the frames decode to
    std::int64_t delay;  // of these, at the beginning, added by the encoder; the decoder adds another 529
    std::int64_t padding;

    std::int64_t sound() const { return coded - delay - padding; }
};

/// @return nothing if there is no such frame, or if it does not tell delay and padding. Consumes nothing.
/// Source of the layout: G. Tester and H. Heutschi, "MP3 Info Tag, revision 1 specifications".
std::optional<Mp3Length> find_mp3_length(ByteInput& input);

}  // namespace earshot
