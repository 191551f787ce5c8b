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

/// Writes a recording atomically: WAV (RF64 beyond 4 GiB), FLAC, Ogg Vorbis or Opus, by the extension .wav,
/// .flac, .ogg or .opus. Equal input gives equal bytes.
class AudioWriter {
 public:
    /// @param encoding  for WAV and FLAC (which cannot store floats); ignored for Vorbis and Opus
    /// @throws UsageError for an extension, encoding or format that cannot be written, WriteError if the file
    /// cannot be
    AudioWriter(const std::string& path, AudioFormat format, SampleEncoding encoding = SampleEncoding::pcm16);
    ~AudioWriter();
    AudioWriter(const AudioWriter&) = delete;
    AudioWriter& operator=(const AudioWriter&) = delete;

    /// @param interleaved  whole frames with full scale ±1; clipped beyond it unless floats are written
    /// @throws WriteError (disk full, ...)
    void write(std::span<const float> interleaved);

    /// The file exists only once this has returned.
    void close();

 private:
    struct Close {
        void operator()(SNDFILE* file) const { sf_close(file); }
    };

    std::string path_;
    SF_INFO info_;  // before file_: an impossible format must not create a file
    AtomicFile file_;
    std::unique_ptr<SNDFILE, Close> encoder_;
};

}  // namespace earshot::audio
