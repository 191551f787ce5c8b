#include "frontend/mel_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/error.h"

namespace earshot::frontend {
namespace {

constexpr double kLinearHzPerMel = 200.0 / 3;                           // Slaney's scale, up to
constexpr double kBendHz = 1000, kBendMel = kBendHz / kLinearHzPerMel;  // here
const double kLogStep = std::log(6.4) / 27;                             // natural logarithms for a mel, above

/// A band that rises from its left end over a step and falls over the next one.
double mel_ramp(double mel, double left, double step) {
    return std::min((mel - left) / step, (left + 2 * step - mel) / step);
}

}  // namespace

double mel_from_hz(double hz, MelScale scale) {
    if (scale != MelScale::slaney) return 2595 * std::log10(1 + hz / 700);
    return hz < kBendHz ? hz / kLinearHzPerMel : kBendMel + std::log(hz / kBendHz) / kLogStep;
}

double hz_from_mel(double mel, MelScale scale) {
    if (scale != MelScale::slaney) return 700 * (std::pow(10, mel / 2595) - 1);
    return mel < kBendMel ? mel * kLinearHzPerMel : kBendHz * std::exp((mel - kBendMel) * kLogStep);
}

MelBank::MelBank(std::size_t fft_size, double rate_hz, const Settings& settings) {
    const double low = mel_from_hz(settings.low_hz, settings.scale);
    const double step =
        (mel_from_hz(settings.high_hz, settings.scale) - low) / static_cast<double>(settings.bands + 1);
    const auto edge_hz = [&](std::size_t i) {
        return hz_from_mel(low + step * static_cast<double>(i), settings.scale);
    };
    const double bin_hz = rate_hz / static_cast<double>(fft_size);
    for (std::size_t b = 0; b < settings.bands; ++b) {
        const double left = edge_hz(b), centre = edge_hz(b + 1), right = edge_hz(b + 2);
        const double scale = settings.area_normalised ? 2 / (right - left) : 1;
        Place place{0, weights_.size(), 0};
        for (auto k = static_cast<std::size_t>(left / bin_hz); k <= fft_size / 2; ++k) {
            const double hz = static_cast<double>(k) * bin_hz;
            if (hz >= right) break;
            const double ramp =
                settings.scale == MelScale::htk_mel
                    ? mel_ramp(mel_from_hz(hz, settings.scale), low + step * static_cast<double>(b), step)
                    : std::min((hz - left) / (centre - left), (right - hz) / (right - centre));
            if (ramp <= 0 || (k == 0 && settings.scale == MelScale::htk_mel)) continue;
            if (place.count++ == 0) place.first = k;
            weights_.push_back(static_cast<float>(scale * ramp));
        }
        if (place.count == 0)
            throw Error(fmt::format(
                "front end: mel band {}, {:.1f} to {:.1f} Hz, lies between two bins of a spectrum of "
                "{} points (fewer mels, a higher low frequency, or a longer window)",
                b, left, right, fft_size));
        bands_.push_back(place);
    }
}

void MelBank::apply(std::span<const float> spectrum, std::span<float> values) const {
    for (std::size_t b = 0; b < size(); ++b) {
        const auto [first, weights] = band(b);
        float sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * spectrum[first + i];
        values[b] = sum;
    }
}

}  // namespace earshot::frontend
