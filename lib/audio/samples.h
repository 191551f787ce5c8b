#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "audio/source.h"

struct AVFrame;

namespace earshot {

/// Chooses channels of interleaved samples in place.
/// @param samples  frames · channels values
/// @return the front of `samples`: frames · chosen channels values
std::span<float> choose_channels(std::span<float> samples, int channels, const ChannelChoice& choice);

/// Samples of a decoded frame, of any of libav's formats, as interleaved floats of full scale ±1, and only
/// the channels wanted. One channel of planar floats, as MP3 and Opus decode to, is not copied.
/// @param buffer  grown as needed; the view may lie in it or in the frame
std::span<const float> frame_samples(const AVFrame& frame, const ChannelChoice& choice,
                                     std::vector<float>& buffer);

}  // namespace earshot
