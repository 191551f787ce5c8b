#pragma once

#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <vector>

#include "locate/position.h"
#include "locate/sound_field.h"
#include "locate/tracker.h"

namespace earshot::locate {

/// Locates given events, each from the frames that it covers; frames shared with other events have little
/// weight. Events come in order of onset, each before the sound at its onset.
class EventLocator {
 public:
    /// @param number    of the event, counted from 0 as they were added
    using Sink = std::function<void(std::size_t number, const std::optional<Position>& position)>;

    EventLocator(const ArrayGeometry& geometry, int rate_hz, int channels, const FinderSettings& settings);

    /// Times in seconds from the first sample pushed.
    void add(double onset_s, double offset_s);
    /// @param interleaved  whole frames of samples
    void push(std::span<const float> interleaved, const Sink& sink);
    /// End of the sound: reports the remaining events, in order.
    void finish(const Sink& sink);

 private:
    struct Pending {
        std::size_t number;
        double onset_s, offset_s;
        std::vector<CrossSpectra> spectra;  // while it lasts
        std::optional<Position> position;
        bool done = false;
    };

    void hear(const FieldFrame& frame);
    void conclude(Pending& event);
    void hand_over(const Sink& sink);

    FrameGrid grid_;
    ArrayGeometry geometry_;
    SoundField field_;
    DirectionFinder finder_;
    std::deque<Pending> events_;  // not yet reported, in order
    std::vector<Pending*> sounding_;
    std::size_t count_ = 0;
    Eigen::ArrayXf weight_;
};

}  // namespace earshot::locate
