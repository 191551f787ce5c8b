#include "record/sound_gate.h"

#include <algorithm>
#include <cmath>

namespace earshot::record {
namespace {

constexpr double kHalfLife_s = 60;

}  // namespace

SoundGate::SoundGate(const GateSettings& settings, audio::AudioFormat format)
    : settings_(settings),
      channels_(static_cast<std::size_t>(format.channels)),
      hop_frames_(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(kHop_s * format.rate_hz)))),
      squares_(channels_, 0.0),
      floor_(kHalfLife_s / kHop_s) {}

bool SoundGate::add(std::span<const float> samples) {
    for (std::size_t channel = 0; channel < channels_; ++channel) {
        double squares = 0;
        for (std::size_t i = channel; i < samples.size(); i += channels_)
            squares += static_cast<double>(samples[i]) * samples[i];
        squares_[channel] += squares;
    }
    frames_ += samples.size() / channels_;
    if (frames_ < hop_frames_) return false;
    end_hop();
    return true;
}

void SoundGate::end_hop() {
    if (frames_ == 0) return;
    const double level = 10 * std::log10(std::ranges::max(squares_) / static_cast<double>(frames_));
    std::ranges::fill(squares_, 0.0);
    frames_ = 0;
    double opens = settings_.threshold_dbfs;
    if (settings_.above_db) {
        floor_.add(level);
        if (const auto floor = floor_.dbfs()) opens = std::max(opens, *floor + *settings_.above_db);
    }
    open_ = level >= (open_ ? opens - settings_.hysteresis_db : opens);
}

}  // namespace earshot::record
