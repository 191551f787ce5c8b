#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/frontend.h"
#include "frontend/settings.h"

namespace earshot::frontend {

/// The front end `spectrum`: the sound is cut into chunks that follow each other without gap or overlap, and
/// the frame of a chunk is its spectrum in `bins` bands of equal width, in hertz, as LinearBands defines it
/// (no window function).
///
/// A chunk is N = round(duration_s · rate_hz) samples, halves up; frame i begins at sample i·N exactly, so
/// that onsets do not drift. At the end of a recording at least half a chunk is analysed over the samples
/// that there are, less is dropped; but a recording that is shorter than half a chunk as a whole still gives
/// its one frame if it is long enough to tell neighbouring bands apart, that is one period of the width of a
/// band.
///
/// Samples must be finite and not beyond some 1e14 times full scale; a chunk that holds others throws Error
/// rather than yield a frame of NaN.
///
/// Settings: {"kind": "spectrum", "rate_hz", "duration_s", "low_hz", "high_hz", "bins"}
std::unique_ptr<Frontend> make_spectrum(const nlohmann::ordered_json& settings);
FrontendSettings describe_spectrum();

}  // namespace earshot::frontend
