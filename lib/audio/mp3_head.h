#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "audio/byte_input.h"

namespace earshot::audio {

/// Samples that a decoder of layer 3 is late by (LAME's DECDELAY).
inline constexpr std::int64_t kMp3DecoderDelay = 529;

/// What the information frame of an MP3 file says: LAME and libav write one in front of the sound.
struct Mp3Length {
    std::int64_t coded;  // samples of a channel that the frames decode to
    std::int64_t delay;  // of these, at the beginning, added by the encoder; the decoder adds its own
    std::int64_t padding;

    /// The decoder is late: of a file that was cut without padding, the last samples never come.
    std::int64_t sound() const { return coded - delay - std::max(padding, kMp3DecoderDelay); }
};

/// How an MP3 file begins.
struct Mp3Head {
    std::int64_t begin = 0;  // of its first frame, in bytes: behind an ID3v2 tag
    int rate_hz = 0;
    bool has_information = false;  // the first frame holds no sound
    // If the information frame tells:
    std::optional<std::int64_t> bytes;  // of all frames
    std::optional<std::int64_t> coded;  // samples of a channel that they decode to
    std::optional<Mp3Length> length;
};

/// @return nothing unless a frame of layer 3 of a stated bit rate stands there, or if its information is in a
///         form that is not read here (Fraunhofer's). Consumes nothing.
/// Source of the layout: ISO 11172-3, 2.4.1.3; G. Tester and H. Heutschi, "MP3 Info Tag, revision 1
/// specifications".
std::optional<Mp3Head> find_mp3_head(ByteInput& input);

}  // namespace earshot::audio
