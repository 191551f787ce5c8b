#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "windows/window_grid.h"

namespace earshot::windows {

/// How loud it is in the slot of each window: the RMS level of the loudest part of some 125 ms in it, in
/// dB relative to a full-scale square wave, so that a sine of amplitude 1 has -3 dBFS and a clap in a long
/// window is not averaged away. (125 ms: the time constant FAST of IEC 61672-1.)
class SlotLevels {
 public:
    /// What is quieter is this.
    static constexpr float kSilence_dbfs = -200;

    SlotLevels(WindowGrid grid, int rate_hz);

    /// All samples of the recording, before the windows that they complete are asked for.
    void push(std::span<const float> samples);
    /// Level of the next window's slot, dBFS; as far as it goes where the recording ends in it.
    float next();
    /// A new recording.
    void reset();

 private:
    std::int64_t slot_end(std::int64_t slot) const;  // samples from the start of the recording
    void end_part();
    void end_slot();

    WindowGrid grid_;
    double rate_hz_;
    std::deque<float> levels_;  // of slots that are over, and have not been asked for
    std::int64_t slot_ = 0, slot_begin_ = 0, slot_end_ = 0;
    std::int64_t parts_ = 1, part_ = 0, part_end_ = 0;  // of the slot: how many, which
    std::int64_t position_ = 0, part_begin_ = 0;
    double part_energy_ = 0, loudest_ = 0;  // sum of squares; greatest mean square
};

}  // namespace earshot::windows
