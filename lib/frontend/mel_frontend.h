#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "frontend/fft.h"
#include "frontend/framer.h"
#include "frontend/frontend.h"
#include "frontend/mel_bank.h"
#include "frontend/settings.h"

namespace earshot::frontend {

/// How sound becomes mel spectra, in the terms of torchaudio's MelSpectrogram and librosa.
struct MelSettings {
    int rate_hz = 16000;
    double window_s = 0.025, hop_s = 0.010;
    std::size_t window = 0, hop = 0;  // samples, to the nearest; 1 <= hop <= window <= fft_size
    std::size_t fft_size = 0;  // points of the transform, zero-padded; 0 (as few as fit) before complete()
    bool centred = false;      // frame i is centred on i·hop, the recording's mirror image beyond its ends
    int power = 2;             // of the magnitude: 1 or 2
    MelBank::Settings bank{50, 7800, 48, MelScale::slaney, true};

    /// Samples of a centred frame before its centre: the window is in the middle of the transform, as in
    /// torch.stft. 0 for others.
    std::size_t lead() const { return centred ? fft_size / 2 - (fft_size - window) / 2 : 0; }

    /// Sets what follows from the settings, once they are read.
    /// @throws Error for those that do not go together
    void complete();
};

/// @param more  a front end's own settings, which come after these
std::vector<Setting> mel_settings(MelSettings& s, std::vector<Setting> more);
Setting floor_setting(double& floor);

/// Front ends over mel spectra. A frame is a window of sound weighted with the Hann window (periodic: ½ - ½
/// cos(2πn / window)), transformed without scaling, |X_k| to the power of 1 or 2, in mel bands; derived
/// classes compute the frame from the bands.
///
/// Frames are not centred unless asked for: frame i covers the samples from i·hop to i·hop + window, so that
/// a frame holds nothing but sound that there was, a live stream yields the same frames as its recording, and
/// what is left at the end is shorter than a window. Centred ones are what torchaudio and librosa make unless
/// told otherwise.
class MelFrontend : public Frontend {
 public:
    int rate_hz() const override { return settings_.rate_hz; }
    double hop_s() const override { return static_cast<double>(settings_.hop) / settings_.rate_hz; }
    double window_s() const override { return static_cast<double>(settings_.window) / settings_.rate_hz; }

    void push(std::span<const float> samples, const FrameSink& sink) override;
    void flush(const FrameSink& sink) override;
    void finish(const FrameSink& sink) override;
    void reset() override;

 protected:
    explicit MelFrontend(const MelSettings& settings);
    const MelSettings& mel() const { return settings_; }

    /// @param bands  of one frame; frames come in order
    /// @param frame  dimension() numbers
    virtual void transform(std::span<const float> bands, std::span<float> frame) = 0;

 private:
    Framer::Sink analysis(const FrameSink& sink);
    double onset_s(std::int64_t frame) const;

    MelSettings settings_;
    std::size_t lead_;  // samples of the first frame before the recording begins
    Framer framer_;
    RealFft fft_;
    MelBank bank_;
    std::vector<float> window_, padded_, spectrum_, bands_, frame_;
    std::int64_t frames_ = 0;  // emitted since the recording began
};

}  // namespace earshot::frontend
