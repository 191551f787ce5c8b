#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "audio/source.h"
#include "record/noise_floor.h"

namespace earshot::record {

struct GateSettings {
    double threshold_dbfs = -45;     // RMS of a hop in the loudest channel that opens the gate
    double hysteresis_db = 6;        // the gate closes this far below the threshold
    std::optional<double> above_db;  // to open, the level must also be this far above the background
};

/// Tells sound from silence in hops of 10 ms.
/// The background for `above_db` is the noise floor of the last minutes (half-life: one minute).
class SoundGate {
 public:
    SoundGate(const GateSettings& settings, audio::AudioFormat format);

    /// Frames needed to complete the current hop.
    std::size_t left() const { return hop_frames_ - frames_; }
    /// @param samples  at most left() frames
    /// @return true if they completed a hop
    bool add(std::span<const float> samples);
    /// Ends the current hop early.
    void end_hop();

    bool is_open() const { return open_; }

    static constexpr double kHop_s = 0.01;

 private:
    const GateSettings settings_;
    const std::size_t channels_, hop_frames_;
    std::size_t frames_ = 0;
    std::vector<double> squares_;  // by channel
    NoiseFloor floor_;
    bool open_ = false;
};

}  // namespace earshot::record
