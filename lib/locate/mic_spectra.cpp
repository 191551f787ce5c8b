#include "locate/mic_spectra.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "support/error.h"

namespace earshot::locate {
namespace {

constexpr double kFrame_s = 0.032;
// Below, wavelengths are much longer than any array and rooms rumble; above, sounds are weak and microphones
// differ.
constexpr double kLow_hz = 100, kHigh_hz = 8000;
constexpr int kLowestRate_hz = 2000;

bool is_quick(int size) {
    for (const int factor : {2, 3, 5}) {
        while (size % factor == 0) size /= factor;
    }
    return size == 1;
}

}  // namespace

FrameGrid::FrameGrid(int rate) : rate_hz(rate) {
    if (rate < kLowestRate_hz) throw Error("directions need a sampling rate of at least 2000 Hz");
    size = static_cast<int>(std::ceil(kFrame_s * rate / 4)) * 4;
    while (!is_quick(size)) size += 4;
    hop = size / 4;
    const double bin_hz = static_cast<double>(rate) / size;
    first_bin = static_cast<int>(std::ceil(kLow_hz / bin_hz));
    // Not the last bin, which has no phase.
    const int last = std::min(static_cast<int>(kHigh_hz / bin_hz), size / 2 - 1);
    bins = last - first_bin + 1;
}

double FrameGrid::omega(int index) const { return 2 * std::numbers::pi * (first_bin + index) / size; }

MicSpectra::MicSpectra(const FrameGrid& grid, int channels)
    : grid_(grid),
      channels_(channels),
      fft_(static_cast<std::size_t>(grid.size)),
      window_(grid.size),
      windowed_(grid.size),
      pending_(grid.size, channels) {
    for (int i = 0; i < grid.size; ++i) {
        window_[i] = static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * i / grid.size));
    }
    frame_.re.resize(grid.bins, channels);
    frame_.im.resize(grid.bins, channels);
    frame_.power.resize(grid.bins, channels);
}

void MicSpectra::push(std::span<const float> interleaved, const Sink& sink) {
    using Interleaved =
        Eigen::Map<const Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
    const auto frames = static_cast<int>(interleaved.size()) / channels_;
    const Interleaved samples(interleaved.data(), frames, channels_);
    for (int taken = 0; taken < frames;) {
        const int count = std::min(frames - taken, grid_.size - filled_);
        pending_.middleRows(filled_, count) = samples.middleRows(taken, count);
        filled_ += count;
        taken += count;
        if (filled_ < grid_.size) return;
        transform();
        sink(frame_);
        frame_.start += grid_.hop;
        filled_ -= grid_.hop;
        for (int channel = 0; channel < channels_; ++channel) {
            float* column = pending_.col(channel).data();
            std::copy(column + grid_.hop, column + grid_.size, column);
        }
    }
}

void MicSpectra::transform() {
    // Below the noise of any microphone; avoids division by zero in digital silence.
    constexpr float kTiny = 1e-20F;
    for (int channel = 0; channel < channels_; ++channel) {
        windowed_ = pending_.col(channel) * window_;
        const auto spectrum = fft_.transform({windowed_.data(), fft_.size()});
        const Eigen::Map<const Eigen::ArrayXcf> bins(spectrum.data() + grid_.first_bin, grid_.bins);
        auto re = frame_.re.col(channel), im = frame_.im.col(channel), power = frame_.power.col(channel);
        re = bins.real();
        im = bins.imag();
        power = re.square() + im.square();
        windowed_.head(grid_.bins) = (power + kTiny).rsqrt();
        re *= windowed_.head(grid_.bins);
        im *= windowed_.head(grid_.bins);
    }
}

}  // namespace earshot::locate
