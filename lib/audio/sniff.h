#pragma once

#include <cstddef>
#include <span>

namespace earshot::audio {

/// Bytes from the start of a file that sniff() needs at most.
inline constexpr std::size_t kSniffBytes = 64;

/// What the first bytes of a file say it is.
enum class Container {
    unknown,  // nothing that we know by its first bytes; it may still be sound
    not_audio,
    pcm,  // WAV, RF64, W64, AIFF, AU, CAF and the like
    flac,
    ogg,    // Vorbis, Opus, FLAC or Speex inside
    mpeg,   // MP3 or ADTS, with or without ID3
    other,  // MP4, Matroska and others that hold sound, or may
};

Container sniff(std::span<const std::byte> head);

}  // namespace earshot::audio
