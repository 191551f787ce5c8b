#pragma once

#include <cstdint>
#include <optional>

#include "audio/byte_input.h"

namespace earshot::audio {

/// Where the samples of a WAV, RF64, W64 or AIFF file are, by its header.
struct PcmChunk {
    std::int64_t begin;  // bytes from the start of the input
    /// Nothing if the header does not know, as one written to a pipe does not.
    std::optional<std::int64_t> bytes;
    std::optional<std::int64_t> format;  // where the contents of "fmt " are; of WAV and RF64 only
};

/// @return nothing if the header does not know, as one written to a pipe does not, or if it is another
/// format.
///         Consumes nothing, and waits for no more of a pipe than the header and a few samples.
std::optional<PcmChunk> find_pcm_chunk(ByteInput& input);

}  // namespace earshot::audio
