#include "view/sound_picture.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numbers>

namespace earshot::view {
namespace {

constexpr float kFloor_dbfs = -120;

/// About half a column, so that two transforms cover nearly all of it.
std::size_t fft_size(int rate_hz) {
    return std::bit_floor(static_cast<std::size_t>(std::max(64.0, SoundPicture::kColumn_s * rate_hz / 2)));
}

}  // namespace

SoundPicture::SoundPicture(int rate_hz)
    : rate_hz_(rate_hz),
      column_samples_(
          std::max(fft_size(rate_hz), static_cast<std::size_t>(std::lround(kColumn_s * rate_hz)))),
      fft_(fft_size(rate_hz)),
      window_(fft_.size()),
      windowed_(fft_.size()),
      power_(fft_.bins()) {
    for (std::size_t i = 0; i < window_.size(); ++i) {
        const double phase =
            2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(window_.size());
        window_[i] = static_cast<float>(0.5 - 0.5 * std::cos(phase));
    }
    pending_.reserve(column_samples_);
}

double SoundPicture::band_hz(std::size_t band) const {
    const double octaves = std::log2(rate_hz_ / 2 / kLow_hz);
    return kLow_hz * std::exp2(octaves * (static_cast<double>(band) + 0.5) / kBands);
}

void SoundPicture::push(std::span<const float> samples) {
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), column_samples_ - pending_.size()));
        pending_.insert(pending_.end(), part.begin(), part.end());
        samples = samples.subspan(part.size());
        if (pending_.size() < column_samples_) return;
        add_column();
        pending_.clear();
    }
}

void SoundPicture::add_column() {
    Column column;
    const std::span<const float> samples(pending_);
    const std::size_t half = samples.size() / 2;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto [low, high] = std::ranges::minmax(i == 0 ? samples.first(half) : samples.subspan(half));
        column.low[i] = low;
        column.high[i] = high;
    }
    column.level_dbfs.fill(kFloor_dbfs);
    add_spectrum(samples.first(fft_.size()), column);
    add_spectrum(samples.last(fft_.size()), column);
    columns_.push_back(column);
    if (columns_.size() > kMaxColumns) columns_.pop_front();
}

void SoundPicture::add_spectrum(std::span<const float> samples, Column& column) {
    std::ranges::transform(samples, window_, windowed_.begin(), std::multiplies());
    fft_.power(windowed_, power_);
    // A sine of amplitude 1 has |X| = N / 4 under this window, and an RMS level of -3 dBFS.
    const double scale = 8.0 / (static_cast<double>(fft_.size()) * static_cast<double>(fft_.size()));
    const double octaves = std::log2(rate_hz_ / 2 / kLow_hz);
    const double bin_hz = rate_hz_ / static_cast<double>(fft_.size());
    for (std::size_t band = 0; band < kBands; ++band) {
        const auto edge = [&](std::size_t b) {
            return kLow_hz * std::exp2(octaves * static_cast<double>(b) / kBands) / bin_hz;
        };
        // Low bands are narrower than a bin and show the nearest one.
        auto first = static_cast<std::size_t>(std::lround(edge(band)));
        auto last = static_cast<std::size_t>(std::lround(edge(band + 1)));
        first = std::min(first, power_.size() - 1);
        last = std::clamp(last, first + 1, power_.size());
        const float loudest = *std::max_element(power_.begin() + static_cast<std::ptrdiff_t>(first),
                                                power_.begin() + static_cast<std::ptrdiff_t>(last));
        const double power = static_cast<double>(loudest) * scale;
        if (power <= 0) continue;
        column.level_dbfs[band] =
            std::max(column.level_dbfs[band], static_cast<float>(10 * std::log10(power)));
    }
}

}  // namespace earshot::view
