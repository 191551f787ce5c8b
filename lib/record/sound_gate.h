#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "audio/source.h"
#include "record/noise_floor.h"

namespace earshot::record {

struct GateSettings {
    double threshold_dbfs = -45;     // RMS of a hop of the loudest channel that opens the gate
    double hysteresis_db = 6;        // it closes this much below
    std::optional<double> above_db;  // opens only this much above the background as well
};

/// Tells sound from silence, hop by hop of 10 ms.
/// The background of `above_db` is the noise floor of the last minutes (half-life: one).
class SoundGate {
 public:
    SoundGate(const GateSettings& settings, audio::AudioFormat format);

    /// Frames that complete the hop that has begun.
    std::size_t left() const { return hop_frames_ - frames_; }
    /// @param samples  of at most left() frames
    /// @return true if that completed a hop
    bool add(std::span<const float> samples);
    /// Takes what there is of a hop for a whole one: its end has come early.
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
