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

/// How sound lies in a file.
struct SoundCoding {
    enum class Container { wav, flac, ogg, opus, raw };
    Container container = Container::wav;
    audio::SampleEncoding encoding = audio::SampleEncoding::pcm16;  // of WAV, FLAC (no floats) and raw

    std::string_view extension() const;  // ".wav"
};
/// @param name  wav, flac, ogg (Vorbis), opus or raw
SoundCoding::Container parse_container(std::string_view name);

/// Throws UsageError, with a remedy, for a format that does not fit into the coding.
void check_coding(const SoundCoding& coding, audio::AudioFormat format);

/// There is no room on the disk, now.
class NoSpace : public WriteError {
 public:
    using WriteError::WriteError;
};

/// A recording that grows block by block. Whatever stops the program, what was written until then can be
/// heard: there is no buffer but what FLAC and Ogg need to make up a block.
class SoundFile {
 public:
    virtual ~SoundFile() = default;
    /// @throws NoSpace, WriteError
    virtual void write(std::span<const float> interleaved) = 0;
    /// Completes the file, syncs it to disk and closes it. After a NoSpace too, with what did fit.
    virtual void finish() = 0;
    /// Of what was written, about.
    virtual std::int64_t bytes() const = 0;
    /// Frames in the file so far; after a NoSpace fewer than were handed over.
    virtual std::int64_t frames() const = 0;
};

/// True unless a process is still writing to it.
bool is_abandoned(const std::string& path);

/// @param path  of a file that does not exist yet
std::unique_ptr<SoundFile> create_sound_file(const std::string& path, audio::AudioFormat format,
                                             const SoundCoding& coding);

}  // namespace earshot::record
