#include "windows/window_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "support/error.h"

namespace earshot::windows {

FrameShape shape_of(const frontend::Frontend& frontend) {
    return {frontend.rate_hz(), frontend.dimension(), frontend.hop_s(), frontend.window_s(),
            frontend.lead_s()};
}

WindowGrid make_grid(const FrameShape& frames, const Windowing& windowing) {
    if (!(windowing.overlap >= 0) || windowing.overlap >= 1)
        throw Error(fmt::format("an overlap of {:g} is not in [0, 1)", windowing.overlap));
    WindowGrid grid;
    grid.lead_s = frames.lead_s;
    const std::int64_t covered = windowing.has_context() ? windowing.hop : windowing.frames;
    grid.window_s = static_cast<double>(covered - 1) * frames.hop_s + frames.window_s;
    if (windowing.overlaps_frames()) {
        const auto stretches = overlapping_stretches(frames, windowing.overlap);
        grid.hop_s = static_cast<double>(stretches.hop) / frames.rate_hz;
    } else {
        grid.hop_s = static_cast<double>(windowing.step()) * frames.hop_s;
    }
    return grid;
}

std::optional<double> windows_per_s(const nlohmann::ordered_json& frontend, const Windowing& windowing) {
    if (frontend.is_null()) return std::nullopt;
    return 1 / make_grid(shape_of(*frontend::make_frontend(frontend)), windowing).hop_s;
}

SampleStretches overlapping_stretches(const FrameShape& frames, double overlap) {
    const auto samples = [&](double seconds) {
        return static_cast<std::size_t>(std::llround(seconds * frames.rate_hz));
    };
    SampleStretches stretches;
    stretches.length = samples(frames.window_s);
    if (samples(frames.hop_s) != stretches.length)
        throw Error("the windows of this front end overlap already");
    const auto hop = std::llround(static_cast<double>(stretches.length) * (1 - overlap));
    stretches.hop = std::max<std::size_t>(1, static_cast<std::size_t>(hop));
    return stretches;
}

WindowSlot slot_within(double onset_s, double offset_s, double window_s, double hop_s) {
    const double centre_s = std::min(onset_s + window_s / 2, offset_s);
    return {std::max(onset_s, centre_s - hop_s / 2), std::min(offset_s, centre_s + hop_s / 2)};
}

}  // namespace earshot::windows
