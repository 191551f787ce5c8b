#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "audio/writer.h"

namespace earshot::audio {

/// The header of a WAV, up to the samples (RIFF, "Multimedia Programming Interface", 1991; more than two
/// channels as WAVE_FORMAT_EXTENSIBLE; RF64, EBU Tech 3306, if sizes exceed 32 bits).
/// @param data_bytes  size of the samples; nothing for a stream, whose header gets the largest size, so that
///                    readers continue to its end
/// @param in_file     reserve space for RF64, so that the length of the header does not depend on data_bytes
std::string wav_header(AudioFormat format, SampleEncoding encoding, std::optional<std::int64_t> data_bytes,
                       bool in_file);

/// Appends samples as little-endian PCM. Integers are rounded to the nearest step and clipped at full scale;
/// floats are unchanged.
void append_pcm(std::span<const float> samples, SampleEncoding encoding, std::vector<char>& bytes);

int bytes_per_sample(SampleEncoding encoding);

/// Completes a recording that was interrupted while it was written with wav_header(in_file): truncates a
/// partial frame and fills in the size. Syncs it to disk. @return frames in it
/// @throws Error if it is not such a file, WriteError
std::int64_t repair_wav(const std::string& path);

}  // namespace earshot::audio
