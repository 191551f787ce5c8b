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

// Views of a window, as op::Views makes them. @param window, out  equal numbers of frames of `dimension`
// numbers

/// A window faster by the factor, from its first frame on. The mean of each band fills in for what would come
/// after the last frame.
void view_at_pace(std::span<const float> window, std::span<float> out, std::size_t dimension, double factor);
/// A window lower by the factor: each band takes the value of a band that many times higher.
void view_at_pitch(std::span<const float> window, std::span<float> out, std::size_t dimension, double factor);

}  // namespace earshot::network
