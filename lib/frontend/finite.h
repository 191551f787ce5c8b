#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "support/error.h"

namespace earshot::frontend {

/// One sample that is not finite makes every bin of its frame NaN or infinite.
/// @throws Error if this one has such a value
inline void check_finite(std::span<const float> frame, double onset_s) {
    if (!std::all_of(frame.begin(), frame.end(), [](float value) { return std::isfinite(value); }))
        throw Error(fmt::format("samples from {:.3f} s on are not finite or far beyond full scale",
                                std::max(onset_s, 0.0)));
}

}  // namespace earshot::frontend
