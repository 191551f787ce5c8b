#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "windows/window_grid.h"

namespace earshot::windows {

/// The level in the slot of each window: the RMS of its loudest part of about 125 ms, so that a clap in a
/// long window is not averaged away. In dB relative to a full-scale square wave: a sine of amplitude 1 has -3
/// dBFS. (125 ms is the time constant FAST of IEC 61672-1.)
class SlotLevels {
 public:
    /// The lowest level.
    static constexpr float kSilence_dbfs = -200;

    SlotLevels(WindowGrid grid, int rate_hz);

    /// Takes samples. Call before next() of the windows that they complete.
    void push(std::span<const float> samples);
    /// The level of the next window's slot, dBFS. If the recording ends inside it, of the part that exists.
    float next();
    /// Starts a new recording.
    void reset();

 private:
    std::int64_t slot_end(std::int64_t slot) const;  // samples from the start of the recording
    void end_part();
    void end_slot();

    WindowGrid grid_;
    double rate_hz_;
    std::deque<float> levels_;  // of complete slots that next() has not returned
    std::int64_t slot_ = 0, slot_begin_ = 0, slot_end_ = 0;
    std::int64_t parts_ = 1, part_ = 0, part_end_ = 0;  // of the slot: number of parts, current part
    std::int64_t position_ = 0, part_begin_ = 0;
    double part_energy_ = 0, loudest_ = 0;  // sum of squares; highest mean square
};

}  // namespace earshot::windows
