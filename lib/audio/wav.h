#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/source.h"
#include "audio/writer.h"

namespace earshot::audio {

/// The first bytes of a WAV, up to the samples (RIFF, "Multimedia Programming Interface", 1991; more than two
/// channels as WAVE_FORMAT_EXTENSIBLE; RF64, EBU Tech 3306, where sizes do not fit into 32 bits).
/// @param data_bytes  of samples; not known for a stream, which gets the largest size, and readers go on to
///                    the end of the stream
/// @param in_file     leave the room that RF64 needs: the header has the same length whatever data_bytes is
std::string wav_header(AudioFormat format, SampleEncoding encoding, std::optional<std::int64_t> data_bytes,
                       bool in_file);

/// Appends samples as little-endian PCM. They are rounded to the nearest step, and clipped at full scale,
/// unless they stay floats.
void append_pcm(std::span<const float> samples, SampleEncoding encoding, std::vector<char>& bytes);

int bytes_per_sample(SampleEncoding encoding);

/// Makes a whole recording of one that broke off while it was written with wav_header(in_file): cuts off half
/// a frame and states the size. Syncs it to disk. @return frames in it
/// @throws Error if it is no such file, WriteError
std::int64_t repair_wav(const std::string& path);

}  // namespace earshot::audio
