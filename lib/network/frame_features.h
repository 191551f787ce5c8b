#pragma once

#include <cstdint>
#include <span>

#include "network/ops.h"

namespace earshot::network {

// What the first operations of a graph do to one window of frames [K, D]. Training and the engine share it.

/// Adds to the power of every number the mean power of the window, `db` below it. Scales all powers by the
/// window's highest first, so that none is too large or too small for a float.
void add_noise_floor(const op::NoiseFloor& floor, std::span<const float> window, float* out);

/// Turns a window [K, D] into [planes, steps, D].
void take_features(const op::TimeFeatures& what, std::int64_t frames, std::int64_t bands, const float* window,
                   float* features);

/// Standardises a plane [steps, D] in place by its mean and deviation over time.
/// @param one_deviation  of all bands together
/// @param sums           workspace of 2 D numbers
void standardise_plane(float* plane, std::int64_t steps, std::int64_t bands, bool one_deviation, float* sums);

/// Writes all views of a window one after the other. @param out  views.count() windows
void take_views(const op::Views& views, std::span<const float> window, std::int64_t bands, float* out);

}  // namespace earshot::network
