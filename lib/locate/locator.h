#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "locate/position.h"
#include "locate/sound_field.h"
#include "locate/tracker.h"

namespace earshot::locate {

/// The directions found in one update, seconds from the first sample.
struct Update {
    double onset_s, offset_s;
    bool active;                       // there was sound, even if it had no direction
    std::optional<int> track;          // number of the sound, the same while it is followed
    std::optional<Position> position;  // of the sound, if it has a direction
};

/// Directions and positions in a stream at a fixed rate: a row for each sound, or one that says that there is
/// none. Each update covers mainly its own time and, fading, what came before.
class Locator {
 public:
    using Sink = std::function<void(const Update& update)>;

    /// @param updates_hz  0.1 to 50
    Locator(const ArrayGeometry& geometry, int rate_hz, int channels, const FinderSettings& settings,
            double updates_hz);

    /// @param interleaved  whole frames of samples
    void push(std::span<const float> interleaved, const Sink& sink);
    /// Ends the stream: reports the last, incomplete update if it has a frame.
    void finish(const Sink& sink);

 private:
    void add(const FieldFrame& frame, const Sink& sink);
    void end_update(double offset_s, const Sink& sink);
    double boundary_s(std::int64_t update) const { return static_cast<double>(update) / updates_hz_; }

    FrameGrid grid_;
    double updates_hz_;
    float fade_;
    SoundField field_;
    DirectionFinder finder_;
    Tracker tracker_;
    const ArrayGeometry geometry_;
    std::vector<CrossSpectra> spectra_;
    std::int64_t update_ = 0;  // the current one
    std::int64_t samples_ = 0;
    int channels_;
    int frames_ = 0;     // in it
    double weight_ = 0;  // in it, over arrays and bins
};

}  // namespace earshot::locate
