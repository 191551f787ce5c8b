#pragma once

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <random>
#include <span>
#include <vector>

namespace earshot {

/// |X_k|² by the definition, in double precision.
inline std::vector<double> direct_power(std::span<const float> signal) {
    const std::size_t size = signal.size();
    std::vector<std::complex<double>> roots(size);
    for (std::size_t i = 0; i < size; ++i)
        roots[i] =
            std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size));
    std::vector<double> power(size / 2 + 1);
    for (std::size_t k = 0; k < power.size(); ++k) {
        std::complex<double> sum = 0;
        for (std::size_t n = 0; n < size; ++n) sum += static_cast<double>(signal[n]) * roots[k * n % size];
        power[k] = std::norm(sum);
    }
    return power;
}

/// X_k by the definition, in double precision.
inline std::complex<double> direct_bin(std::span<const float> signal, std::size_t k) {
    std::complex<double> sum = 0;
    for (std::size_t n = 0; n < signal.size(); ++n)
        sum += static_cast<double>(signal[n]) *
               std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k * n % signal.size()) /
                                   static_cast<double>(signal.size()));
    return sum;
}

inline std::vector<float> white_noise(std::size_t size, unsigned seed = 1, float deviation = 0.1F) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> samples(size);
    for (float& sample : samples) sample = normal(random);
    return samples;
}

inline std::vector<float> sine(double hz, std::size_t size, double rate_hz, double amplitude = 1,
                               double phase = 0.3) {
    std::vector<float> samples(size);
    for (std::size_t n = 0; n < size; ++n)
        samples[n] = static_cast<float>(
            amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(n) / rate_hz + phase));
    return samples;
}

}  // namespace earshot
