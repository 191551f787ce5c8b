#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "audio/source.h"

struct AVFrame;

namespace earshot::audio {

/// Chooses channels of interleaved samples in place.
/// @param samples  frames · channels values
/// @return the front of `samples`: frames · chosen channels values
std::span<float> choose_channels(std::span<float> samples, int channels, const ChannelChoice& choice);

/// Samples of a decoded frame, of any of libav's formats, as interleaved floats of full scale ±1, and only
/// the channels wanted.
/// @param out  frames · chosen channels values
void copy_samples(const AVFrame& frame, const ChannelChoice& choice, float* out);

/// The samples that copy_samples would give where they lie in the frame: one channel of planar floats, as MP3
/// and Opus decode to. Nothing otherwise.
std::optional<std::span<const float>> samples_in_place(const AVFrame& frame, const ChannelChoice& choice);

}  // namespace earshot::audio
