#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "audio/source.h"

struct AVFrame;

namespace earshot::audio {

/// Selects channels of interleaved samples in place.
/// @param samples  frames · channels values
/// @return the front of `samples`: frames · chosen channels values
std::span<float> choose_channels(std::span<float> samples, int channels, const ChannelChoice& choice);

/// Converts the wanted channels of a decoded frame, in any of libav's formats, to interleaved floats with
/// full scale ±1.
/// @param out  frames · chosen channels values
void copy_samples(const AVFrame& frame, const ChannelChoice& choice, float* out);

/// A view of the samples that copy_samples would give, if they are one channel of planar floats in the frame,
/// as MP3 and Opus decode to. Nothing otherwise.
std::optional<std::span<const float>> samples_in_place(const AVFrame& frame, const ChannelChoice& choice);

}  // namespace earshot::audio
