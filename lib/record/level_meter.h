#pragma once

#include <cstdint>
#include <span>

namespace earshot::record {

/// RMS and peak of samples, in dB relative to full scale: a constant of 1 has 0 dBFS, a sine of full scale
/// -3.01 dBFS RMS. Silence has -infinity.
class LevelMeter {
 public:
    void add(std::span<const float> samples);
    void reset() { *this = {}; }

    std::int64_t samples() const { return samples_; }
    float max_amp() const { return max_amp_; }         // the largest absolute sample
    std::int64_t clipped() const { return clipped_; }  // samples at or beyond the largest of 16 bits
    double rms_dbfs() const;

 private:
    double squares_ = 0;
    std::int64_t samples_ = 0, clipped_ = 0;
    float max_amp_ = 0;
};

}  // namespace earshot::record
