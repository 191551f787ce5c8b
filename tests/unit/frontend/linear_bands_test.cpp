#include "frontend/linear_bands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "frontend/fft.h"
#include "oracle.h"

namespace earshot::frontend {
namespace {

// Straight from the definition: every bin against every band.
std::vector<double> direct_bands(std::span<const float> power, std::size_t size, double rate_hz,
                                 double low_hz, double high_hz, std::size_t bands) {
    std::vector<double> values(bands);
    const double spacing_hz = rate_hz / static_cast<double>(size);
    for (std::size_t b = 0; b < bands; ++b) {
        const double from_hz =
            low_hz + (high_hz - low_hz) * static_cast<double>(b) / static_cast<double>(bands);
        const double to_hz =
            low_hz + (high_hz - low_hz) * static_cast<double>(b + 1) / static_cast<double>(bands);
        double sum = 0;
        for (std::size_t k = 0; k < power.size(); ++k) {
            const double centre = static_cast<double>(k);
            const double bin_from = std::max(0.0, (centre - 0.5) * spacing_hz);
            const double bin_to = std::min(rate_hz / 2, (centre + 0.5) * spacing_hz);
            const double overlap = std::min(to_hz, bin_to) - std::max(from_hz, bin_from);
            if (overlap > 0)
                sum += (k == 0 || 2 * k == size ? 2 : 4) * power[k] * overlap / (bin_to - bin_from);
        }
        values[b] = std::sqrt(sum) / static_cast<double>(size);
    }
    return values;
}

TEST(LinearBands, AgreesWithTheDefinition) {
    const struct {
        std::size_t size;
        double rate_hz, low_hz, high_hz;
        std::size_t bands;
    } cases[] = {{1000, 1000, 50, 450, 7},
                 {1000, 1000, 0, 500, 13},
                 {999, 1000, 0, 500, 13},
                 {88200, 44100, 20, 20000, 100},
                 {50, 8000, 100, 3900, 60},
                 {50, 8000, 0, 4000, 4000},
                 {7, 8000, 0, 4000, 5},
                 {2, 8000, 0, 4000, 3},
                 {1, 8000, 0, 4000, 3},
                 {100000, 44100, 0, 22050, 1},
                 {4096, 44100, 1000, 1000.001, 2},
                 {4097, 44100, 22049, 22050, 2}};
    for (const auto& c : cases) {
        auto power = white_noise(c.size / 2 + 1, 3, 1);
        for (float& value : power) value = value * value;
        std::vector<float> values(c.bands);
        LinearBands(c.size, c.rate_hz, c.low_hz, c.high_hz, c.bands).apply(power, values);
        const auto expected = direct_bands(power, c.size, c.rate_hz, c.low_hz, c.high_hz, c.bands);
        for (std::size_t b = 0; b < c.bands; ++b)
            // Bands of a millionth of a bin are differences of nearly equal shares.
            ASSERT_NEAR(values[b], expected[b], 1e-6 * expected[b] + 1e-9)
                << c.size << " " << c.bands << " " << b;
    }
}

// Parseval: bands from 0 Hz to half the rate hold all the power there is.
TEST(LinearBands, KeepAllPower) {
    for (const std::size_t size : {1u, 2u, 3u, 1000u, 1001u, 1260u}) {
        auto samples = white_noise(size);
        for (float& sample : samples) sample += 0.5F;  // power at 0 Hz as well
        RealFft fft(size);
        std::vector<float> power(fft.bins());
        fft.power(samples, power);
        std::vector<float> values(37);
        LinearBands(size, 8000, 0, 4000, values.size()).apply(power, values);
        double in_bands = 0, squares = 0;
        for (const float value : values) in_bands += value * value;
        for (const float sample : samples) squares += sample * sample;
        EXPECT_NEAR(in_bands, 2 * squares / static_cast<double>(size), 2e-6 * in_bands) << size;
    }
}

TEST(LinearBands, MillionsOfTermsLoseNoAccuracy) {
    const std::vector<float> power((1u << 23) + 1, 0.1F);
    std::vector<float> value(1);
    LinearBands(1u << 24, 44100, 0, 22050, 1).apply(power, value);
    const double expected = std::sqrt((4.0 * ((1u << 23) - 1) + 2 * 2) * 0.1F) / (1u << 24);
    EXPECT_NEAR(value[0], expected, 1e-6 * expected);
}

}  // namespace
}  // namespace earshot::frontend
