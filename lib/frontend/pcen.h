#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/frontend.h"
#include "frontend/settings.h"

namespace earshot::frontend {

/// The front end `pcen`: per-channel energy normalisation of mel bands, which takes the steady background and
/// the gain out of each and leaves what differs from it (Wang et al., "Trainable frontend for robust and
/// far-field keyword spotting", ICASSP 2017). With the energies E_t of a band,
///
///     M_t = (1 - s) M_(t-1) + s E_t,    M_0 = E_0,    s = 1 - exp(-hop_s / time_s),
///     frame_t = (E_t / (floor + M_t)^gain + bias)^root - bias^root.
///
/// The defaults are the paper's: gain 0.98, bias 2, root 0.5, and a time of 0.4 s, which is its s of 0.025 at
/// a hop of 10 ms; but its floor of 1e-6 is for samples of 16 bits, and for a full scale of 1 it is 1e-10. A
/// frame depends on all that came before it in the recording.
///
/// Settings: those of `logmel` (of which floor is the one above) and "time_s", "gain", "bias", "root".
std::unique_ptr<Frontend> make_pcen(const nlohmann::ordered_json& settings);
FrontendSettings describe_pcen();

}  // namespace earshot::frontend
