#pragma once

#include <cstdint>
#include <span>

namespace earshot::view {

/// Level and peak as shown by a level meter. Time is counted in samples.
class DisplayMeter {
 public:
    static constexpr double kHold_s = 2;             // how long a peak is held
    static constexpr double kClip_s = 3;             // how long clipping is shown
    static constexpr double kIntegration_s = 0.125;  // time constant FAST of IEC 61672-1
    static constexpr float kSilence_dbfs = -120;

    explicit DisplayMeter(int rate_hz);
    void push(std::span<const float> samples);

    float level_dbfs() const;  // RMS, integrated exponentially; a sine of full scale has -3 dBFS
    float peak_dbfs() const;   // the greatest sample of the last kHold_s
    bool clipped() const { return position_ < clip_until_; }

 private:
    const double rate_hz_;
    const double decay_;  // of the mean square, per sample
    double mean_square_ = 0;
    float peak_ = 0;
    std::int64_t position_ = 0, peak_until_ = 0, clip_until_ = 0;
};

}  // namespace earshot::view
