#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/frontend.h"
#include "frontend/settings.h"

namespace earshot::frontend {

/// The front end `logmel`: ln(m + floor) of the mel bands m of every hop (see MelFrontend).
///
/// The default floor, 1e-10, is about what rounding to 16 bits leaves in a band, so that digital silence is
/// not far from quiet sound.
///
/// Settings: {"kind": "logmel", "rate_hz", "window_s", "hop_s", "fft_size" (0: the power of two that holds
/// the window), "centred", "power" (1: magnitudes, 2: power), "low_hz", "high_hz", "mels", "scale" ("slaney",
/// "htk"), "norm" ("slaney": bands of equal area, "none": of equal height), "floor"}
std::unique_ptr<Frontend> make_logmel(const nlohmann::ordered_json& settings);
FrontendSettings describe_logmel();

}  // namespace earshot::frontend
