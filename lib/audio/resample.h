#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "audio/libav.h"
#include "audio/source.h"

namespace earshot::audio {

/// Resamples another source with libswresample, using the filters of libsoxr at 20 bits, which are better
/// than its own and as fast. Measured from 8 to 192 kHz, with N half the lower of the two rates: flat within
/// 0.01 dB up to 0.91 N, -3 dB at 0.95 N, and 130 dB of attenuation above N. The delay of the filter is
/// compensated: output sample k is at time k / rate_hz of the input. There are round(frames · out / in) of
/// them.
class ResampledSource : public Source {
 public:
    ResampledSource(std::unique_ptr<Source> source, int rate_hz);

    AudioFormat format() const override { return {rate_hz_, source_->format().channels}; }
    std::span<const float> read(std::size_t max_frames) override;
    std::optional<std::int64_t> frames() const override;
    std::span<const Damage> damage() const override { return source_->damage(); }

 private:
    std::int64_t output_frames(std::int64_t input_frames) const;

    std::unique_ptr<Source> source_;
    int rate_hz_;
    LibavPtr<SwrContext> resampler_;
    std::vector<float> buffer_;
    std::span<const float> pending_;
    std::int64_t frames_in_ = 0, frames_out_ = 0;
    bool ended_ = false;
};

}  // namespace earshot::audio
