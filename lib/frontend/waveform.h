#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/frontend.h"
#include "frontend/settings.h"

namespace earshot::frontend {

/// The front end `waveform`: frames are the samples themselves, for networks that find their own features.
///
/// Frame i is the samples from i·hop to i·hop + window, both to the nearest sample, and there are as many as
/// fit into the recording: samples left over at the end are dropped, and none are invented. Each frame is
/// treated by itself, whatever its neighbours are:
///  1. a Butterworth band-pass of this order from low_hz to high_hz, without delay (ZeroPhaseFilter); order 0
///     leaves it out;
///  2. the mean is taken off;
///  3. level "peak": scaled to a peak of 1 (silence stays 0), so that only the shape is left;
///     level "kept": as loud as it was, times gain_db, so that loud and quiet can be told apart.
///
/// Settings: {"kind": "waveform", "rate_hz", "window_s", "hop_s", "order", "low_hz", "high_hz", "level",
/// "gain_db"}; gain_db is 0 with level "peak".
std::unique_ptr<Frontend> make_waveform(const nlohmann::ordered_json& settings);
FrontendSettings describe_waveform();

}  // namespace earshot::frontend
