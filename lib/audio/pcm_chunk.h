#pragma once

#include <cstdint>
#include <optional>

#include "audio/byte_input.h"

namespace earshot::audio {

/// Where a WAV, RF64, W64 or AIFF file has its samples, according to its header.
struct PcmChunk {
    std::int64_t begin;  // bytes from the start of the input
    /// Nothing if the header does not state it, as when written to a pipe.
    std::optional<std::int64_t> bytes;
    std::optional<std::int64_t> format;  // offset of the contents of "fmt "; WAV and RF64 only
};

/// True for WAV, RF64, W64 and AIFF, by the first bytes. Consumes nothing.
bool has_chunks(ByteInput& input);

/// Follows the chunks to the samples. Consumes nothing, and of a pipe reads no more ahead than the header and
/// a few samples.
/// @return nothing for another format, or if the chunks lead to no samples
std::optional<PcmChunk> find_pcm_chunk(ByteInput& input);

}  // namespace earshot::audio
