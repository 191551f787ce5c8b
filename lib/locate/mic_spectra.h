#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <span>

#include "frontend/fft.h"

namespace earshot::locate {

/// One frame of sound in the frequency domain: [bins, channels], column by column.
struct MicFrame {
    std::int64_t start = 0;  // first sample, counted from the first pushed
    Eigen::ArrayXXf re, im;  // scaled to magnitude 1, which leaves the phase
    Eigen::ArrayXXf power;   // |X|²
};

/// How sound is cut into frames: 32 ms under a Hann window, a new one every 8 ms. Long enough to resolve the
/// partials of voices and short against the reverberation of rooms; the same at every sampling rate.
struct FrameGrid {
    explicit FrameGrid(int rate_hz);

    int rate_hz;
    int size;       // samples, without prime factors above 5, for a fast transform
    int hop;        // samples, a quarter of it
    int first_bin;  // of those used: 100 Hz to 8000 Hz
    int bins;       // their number

    double hop_s() const { return static_cast<double>(hop) / rate_hz; }
    /// Frequency of used bin `index`, radians per sample.
    double omega(int index) const;
};

/// Cuts the channels of a stream into frames and transforms each once. Results do not depend on
/// how the stream is divided into pushes. Not thread-safe.
class MicSpectra {
 public:
    using Sink = std::function<void(const MicFrame& frame)>;

    MicSpectra(const FrameGrid& grid, int channels);

    /// @param interleaved  whole frames of `channels` samples
    void push(std::span<const float> interleaved, const Sink& sink);

 private:
    void transform();

    FrameGrid grid_;
    int channels_;
    frontend::RealFft fft_;
    Eigen::ArrayXf window_, windowed_;
    Eigen::ArrayXXf pending_;  // [size, channels]: the samples of the frame to come
    int filled_ = 0;
    MicFrame frame_;
};

}  // namespace earshot::locate
