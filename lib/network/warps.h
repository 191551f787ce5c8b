#pragma once

#include <cstddef>
#include <span>

namespace earshot::network {

/// Resamples frames evenly between the first and the last of the source, by linear interpolation.
/// @param source, window  whole frames of `dimension` numbers, at least one
void stretch_frames(std::span<const float> source, std::span<float> window, std::size_t dimension);

/// Band d of each frame takes the value at d times the factor: interpolated linearly between bands, and
/// beyond the last band that of the last.
void warp_bands(std::span<float> window, std::size_t dimension, double factor);

}  // namespace earshot::network
