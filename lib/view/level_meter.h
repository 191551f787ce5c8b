#pragma once

#include <cstdint>
#include <span>

namespace earshot::view {

/// The level of sound as a meter shows it. Times are counted in samples.
class LevelMeter {
 public:
    static constexpr double kHold_s = 2;             // that a peak stays
    static constexpr double kClip_s = 3;             // that the mark of clipping stays
    static constexpr double kIntegration_s = 0.125;  // time constant FAST of IEC 61672-1
    static constexpr float kSilence_dbfs = -120;

    explicit LevelMeter(int rate_hz);
    void push(std::span<const float> samples);

    float level_dbfs() const;  // RMS, integrated exponentially; a sine of full scale has -3 dBFS
    float peak_dbfs() const;   // the greatest sample of the last kHold_s
    bool clipped() const { return position_ < clip_until_; }

 private:
    const double rate_hz_;
    const double decay_;  // of the mean square, a sample
    double mean_square_ = 0;
    float peak_ = 0;
    std::int64_t position_ = 0, peak_until_ = 0, clip_until_ = 0;
};

}  // namespace earshot::view
