#pragma once

#include <cstdint>
#include <string>

#include "audio/source.h"

namespace earshot::audio {

/// The first source of a chain: decodes a recording and can start anywhere in it.
class Decoder : public Source {
 public:
    /// The next read() returns frame `frame`, exactly as if everything before it had been read; nothing if
    /// the recording ends before it. Only moves forward.
    virtual void skip_to(std::int64_t frame) = 0;

    /// Index of the frame that is read next.
    virtual std::int64_t position() const = 0;
};

/// Number of channels that a choice selects from `channels`.
/// @throws Error("clip.wav: has 2 channels, but no channel 3")
int chosen_channels(const ChannelChoice& choice, int channels, const std::string& name);

}  // namespace earshot::audio
