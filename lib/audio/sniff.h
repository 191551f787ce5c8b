#pragma once

#include <cstddef>
#include <span>

namespace earshot::audio {

/// Bytes that sniff() needs from the start of a file, at most.
inline constexpr std::size_t kSniffBytes = 64;

/// What a file is, by its first bytes.
enum class Container {
    unknown,  // not recognised; may still be sound
    not_audio,
    pcm,  // WAV, RF64, W64, AIFF, AU, CAF and the like
    flac,
    ogg,    // Vorbis, Opus, FLAC or Speex inside
    mpeg,   // MP3 or ADTS, with or without ID3
    other,  // MP4, Matroska and others that may hold sound
};

Container sniff(std::span<const std::byte> head);

}  // namespace earshot::audio
