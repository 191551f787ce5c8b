#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "audio/source.h"
#include "audio/writer.h"
#include "support/error.h"

namespace earshot::record {

/// File format and sample format.
struct SoundCoding {
    enum class Container { wav, flac, ogg, opus, raw };
    Container container = Container::wav;
    audio::SampleEncoding encoding = audio::SampleEncoding::pcm16;  // of WAV, FLAC (no floats) and raw

    std::string_view extension() const;  // ".wav"
};
/// @param name  wav, flac, ogg (Vorbis), opus or raw
SoundCoding::Container parse_container(std::string_view name);

/// @throws UsageError, with a remedy, if the coding does not support the format
void check_coding(const SoundCoding& coding, audio::AudioFormat format);

/// The disk is full, for now.
class NoSpace : public WriteError {
 public:
    using WriteError::WriteError;
};

/// A recording that grows block by block. Whatever stops the program, what was written so far can be played:
/// nothing is buffered except the block that FLAC or Ogg is building.
class SoundFile {
 public:
    virtual ~SoundFile() = default;
    /// @throws NoSpace, WriteError
    virtual void write(std::span<const float> interleaved) = 0;
    /// Completes the file, syncs it to disk and closes it. After NoSpace as well, with what fitted.
    virtual void finish() = 0;
    /// Size of the file so far, approximately.
    virtual std::int64_t bytes() const = 0;
    /// Frames in the file so far; after NoSpace, fewer than were passed to write().
    virtual std::int64_t frames() const = 0;
};

/// True unless a process is still writing to it.
bool is_abandoned(const std::string& path);

/// @param path  must not exist
std::unique_ptr<SoundFile> create_sound_file(const std::string& path, audio::AudioFormat format,
                                             const SoundCoding& coding);

}  // namespace earshot::record
