#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "frontend/fft.h"

namespace earshot::view {

/// The latest sound as columns of a picture: range of the waveform and spectrum for every kColumn_s.
class SoundPicture {
 public:
    static constexpr double kColumn_s = 0.1;
    static constexpr std::size_t kBands = 48;  // of equal width on a logarithmic scale, from kLow_hz
    static constexpr double kLow_hz = 60;
    static constexpr std::size_t kMaxColumns = 512;

    struct Column {
        std::array<float, 2> low{}, high{};      // of the waveform, in each half of the column
        std::array<float, kBands> level_dbfs{};  // of the loudest partial per band, from low to high
    };

    explicit SoundPicture(int rate_hz);
    void push(std::span<const float> samples);

    /// The oldest first.
    const std::deque<Column>& columns() const { return columns_; }
    /// Centre of a band.
    double band_hz(std::size_t band) const;

 private:
    void add_column();
    void add_spectrum(std::span<const float> samples, Column& column);

    const double rate_hz_;
    std::size_t column_samples_;
    frontend::RealFft fft_;
    std::vector<float> window_;  // Hann
    std::vector<float> windowed_, power_;
    std::vector<float> pending_;
    std::deque<Column> columns_;
};

}  // namespace earshot::view
