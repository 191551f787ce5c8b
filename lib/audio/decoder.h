#pragma once

#include <cstdint>
#include <string>

#include "audio/source.h"

namespace earshot::audio {

/// A source at the beginning of the chain: it reads a recording and can be told where to start.
class Decoder : public Source {
 public:
    /// What is read next is frame `frame` of the recording, exactly as if all before it had been read;
    /// nothing if the recording ends before. Never backwards.
    virtual void skip_to(std::int64_t frame) = 0;

    /// Frames of the recording before what is read next.
    virtual std::int64_t position() const = 0;
};

/// Channels that a choice yields from a recording of `channels`.
/// @throws Error("clip.wav: has 2 channels, there is no channel 3")
int chosen_channels(const ChannelChoice& choice, int channels, const std::string& name);

}  // namespace earshot::audio
