#pragma once

#include <sndfile.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "audio/source.h"
#include "support/output.h"

namespace earshot::audio {

enum class SampleEncoding { pcm16, pcm24, float32 };

/// Writes a recording that appears whole or not at all: WAV (RF64 beyond 4 GiB), FLAC, Ogg Vorbis or Opus, by
/// the extension .wav, .flac, .ogg or .opus. The bytes are the same for equal input.
class AudioWriter {
 public:
    /// @param encoding  for WAV and FLAC; FLAC holds no floats; Vorbis and Opus have their own
    /// @throws UsageError for an extension, encoding or format that cannot be written, Error if the file
    /// cannot be
    AudioWriter(const std::string& path, AudioFormat format, SampleEncoding encoding = SampleEncoding::pcm16);
    ~AudioWriter();
    AudioWriter(const AudioWriter&) = delete;
    AudioWriter& operator=(const AudioWriter&) = delete;

    /// @param interleaved  whole frames, full scale ±1; what is beyond is clipped unless floats are written
    /// @throws Error (disk full, ...)
    void write(std::span<const float> interleaved);

    /// The file is there only once this has returned.
    void close();

 private:
    struct Close {
        void operator()(SNDFILE* file) const { sf_close(file); }
    };

    std::string path_;
    SF_INFO info_;  // before the file: what cannot be written must not create one
    AtomicFile file_;
    std::unique_ptr<SNDFILE, Close> encoder_;
};

}  // namespace earshot::audio
