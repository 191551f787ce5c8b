#include "frontend/linear_bands.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace earshot::frontend {
namespace {

// Sixteen partial sums, which the compiler keeps in vector registers, and double precision between blocks:
// millions of terms lose no accuracy.
double sum(std::span<const float> values) {
    constexpr std::size_t kLanes = 16, kBlock = 64 * kLanes;
    double total = 0;
    while (values.size() >= kLanes) {
        const std::size_t count = std::min(values.size() / kLanes * kLanes, kBlock);
        std::array<float, kLanes> partial{};
        for (std::size_t i = 0; i < count; i += kLanes)
            for (std::size_t lane = 0; lane < kLanes; ++lane) partial[lane] += values[i + lane];
        for (const float part : partial) total += part;
        values = values.subspan(count);
    }
    for (const float value : values) total += value;
    return total;
}

}  // namespace

LinearBands::LinearBands(std::size_t fft_size, double rate_hz, double low_hz, double high_hz,
                         std::size_t bands)
    : scale_(2.0 / static_cast<double>(fft_size)) {
    const double size = static_cast<double>(fft_size);
    const std::size_t last = fft_size / 2;
    edges_.reserve(bands + 1);
    for (std::size_t b = 0; b <= bands; ++b) {
        const double part = static_cast<double>(b) / static_cast<double>(bands);
        const double edge_hz = low_hz + (high_hz - low_hz) * part;
        const double position = edge_hz * size / rate_hz + 0.5;  // bin k reaches from k to k + 1
        const std::size_t bin = std::min(static_cast<std::size_t>(position), last);
        double share = position - static_cast<double>(bin);
        double weight = 1;
        if (bin == 0) {  // the half above 0 Hz, whose power occurs once, not at ±f
            share = 2 * share - 1;
            weight = 0.5;
        } else if (2 * bin == fft_size) {  // likewise at half the rate
            share = 2 * share;
            weight = 0.5;
        }
        share = std::clamp(share, 0.0, 1.0);
        edges_.push_back({bin, share * weight, (1 - share) * weight});
    }
}

void LinearBands::apply(std::span<const float> power, std::span<float> values) const {
    for (std::size_t b = 0; b < size(); ++b) {
        const Edge &from = edges_[b], &to = edges_[b + 1];
        double total;
        if (from.bin == to.bin) {
            total = power[from.bin] * (to.below - from.below);
        } else {
            total = power[from.bin] * from.above + sum(power.subspan(from.bin + 1, to.bin - from.bin - 1)) +
                    power[to.bin] * to.below;
        }
        values[b] = static_cast<float>(scale_ * std::sqrt(total));
    }
}

LinearBands::Band LinearBands::band(std::size_t b) const {
    const Edge &from = edges_[b], &to = edges_[b + 1];
    if (from.bin == to.bin) return {from.bin, {to.below - from.below}};
    std::vector<double> weights(to.bin - from.bin + 1, 1);
    weights.front() = from.above;
    weights.back() = to.below;
    return {from.bin, std::move(weights)};
}

}  // namespace earshot::frontend
