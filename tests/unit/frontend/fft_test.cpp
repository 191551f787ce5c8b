#include "frontend/fft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "oracle.h"

namespace earshot::frontend {
namespace {

// Rounding is relative to the power of a bin on average, which is the signal's energy.
void expect_near(std::span<const float> power, std::span<const double> expected,
                 std::span<const float> signal, double tolerance) {
    ASSERT_EQ(power.size(), expected.size());
    double energy = 0;
    for (const float sample : signal) energy += sample * sample;
    for (std::size_t k = 0; k < power.size(); ++k) {
        const double near = tolerance * (std::sqrt(energy * expected[k]) + tolerance * energy) + 1e-30;
        ASSERT_NEAR(power[k], expected[k], near) << "bin " << k << " of " << signal.size() << " points";
    }
}

void check(std::size_t size) {
    const auto signal = white_noise(size, static_cast<unsigned>(size));
    RealFft fft(size);
    ASSERT_EQ(fft.bins(), size / 2 + 1);
    std::vector<float> power(fft.bins());
    fft.power(signal, power);
    expect_near(power, direct_power(signal), signal, 4e-6);
    auto again = power;
    fft.power(signal, again);
    EXPECT_EQ(again, power) << "work buffers keep something";
}

TEST(RealFft, EveryLengthUpTo600) {
    for (std::size_t size = 1; size <= 600; ++size) check(size);
}

TEST(RealFft, LengthsThatFactorAndOnesThatDoNot) {
    for (const std::size_t size :
         {1024u, 2048u, 4096u, 8192u, 2205u, 4410u, 8820u, 6561u, 7776u, 15625u, 2 * 3125u,
          7u * 7 * 7 * 7 * 2, 2u * 2207, 5513u, 7919u, 8191u, 11025u, 10080u})
        check(size);
}

// Too long for the direct sum: a spike has a flat spectrum, a sine has one bin, both in closed form.
TEST(RealFft, LongLengthsInClosedForm) {
    for (const std::size_t size : {88200u, 96000u, 1u << 17, 88211u, 88202u, 264600u, 1000000u}) {
        RealFft fft(size);
        std::vector<float> signal(size), power(fft.bins());
        signal[size / 3] = 1;
        fft.power(signal, power);
        EXPECT_NEAR(*std::min_element(power.begin(), power.end()), 1, 1e-5) << size;
        EXPECT_NEAR(*std::max_element(power.begin(), power.end()), 1, 1e-5) << size;

        for (const std::size_t bin : {std::size_t{1}, size / 7, size / 2 - 1}) {
            for (std::size_t n = 0; n < size; ++n) {
                const double turn = static_cast<double>(bin * n % size) / static_cast<double>(size);
                signal[n] = static_cast<float>(std::cos(2 * std::numbers::pi * turn));
            }
            fft.power(signal, power);
            const double peak = static_cast<double>(size) * static_cast<double>(size) / 4;
            EXPECT_NEAR(power[bin], peak, 1e-5 * peak) << size;
            power[bin] = 0;
            EXPECT_LT(*std::max_element(power.begin(), power.end()), 1e-11 * peak) << size << " bin " << bin;
        }
    }
}

TEST(RealFft, LongLengthsAgreeWithTheDefinition) {
    for (const std::size_t size : {88200u, 96000u, 131072u, 88202u, 88211u}) {
        const auto signal = white_noise(size);
        RealFft fft(size);
        std::vector<float> all(fft.bins()), power;
        fft.power(signal, all);
        std::vector<double> expected;
        for (std::size_t k = 0; k <= size / 2; k += size / 40) {
            expected.push_back(std::norm(direct_bin(signal, k)));
            power.push_back(all[k]);
        }
        expect_near(power, expected, signal, 4e-6);
    }
}

TEST(RealFft, PhasesAndTheInverse) {
    for (const std::size_t size : {1u, 2u, 3u, 4u, 7u, 255u, 256u, 480u, 512u, 1103u, 1536u, 4410u}) {
        const auto signal = white_noise(size);
        RealFft fft(size);
        const auto bins = fft.transform(signal);
        std::vector<std::complex<float>> spectrum(bins.begin(), bins.end());
        ASSERT_EQ(spectrum.size(), size / 2 + 1);
        for (std::size_t k = 0; k < spectrum.size(); ++k)
            ASSERT_LT(std::abs(std::complex<double>(spectrum[k]) - direct_bin(signal, k)), 1e-5)
                << "bin " << k << " of " << size;
        const auto first = spectrum;
        // No real signal has these: they must change nothing.
        spectrum.front().imag(1);
        if (size % 2 == 0) spectrum.back().imag(1);
        std::vector<float> back(size);
        for (int round = 0; round < 2; ++round) {
            fft.inverse(spectrum, back);
            for (std::size_t n = 0; n < size; ++n)
                ASSERT_NEAR(back[n] / static_cast<float>(size), signal[n], 2e-7) << n << " of " << size;
        }
        const auto again = fft.transform(signal);  // the inverse leaves nothing in the buffers
        EXPECT_TRUE(std::ranges::equal(again, first)) << size;
    }
}

// Files must not depend on what else a process transforms, in whatever order and on whatever thread.
TEST(RealFft, TheSameBitsWhateverWasPlannedBeforeAndOnEveryThread) {
    const std::vector<std::size_t> sizes = {512, 44100, 44101, 4410, 88200, 256, 1024, 2205, 22050, 44100};
    const auto power = [](std::size_t size) {
        RealFft fft(size);
        std::vector<float> values(fft.bins());
        fft.power(white_noise(size), values);
        return values;
    };
    std::vector<std::vector<float>> expected(sizes.size());
    for (std::size_t i = sizes.size(); i-- > 0;) expected[i] = power(sizes[i]);
    std::vector<std::vector<std::vector<float>>> got(4, std::vector<std::vector<float>>(sizes.size()));
    {
        std::vector<std::jthread> threads;
        for (auto& of_thread : got)
            threads.emplace_back([&] {
                for (std::size_t i = 0; i < sizes.size(); ++i) of_thread[i] = power(sizes[i]);
            });
    }
    for (const auto& of_thread : got) EXPECT_EQ(of_thread, expected);
}

}  // namespace
}  // namespace earshot::frontend
