#include "frontend/fft.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <kissfft/kissfft.hh>
#include <numeric>

#include "frontend/split_fft.h"
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

TEST(RealFft, LongLengthsAgreeWithKissFft) {
    for (const std::size_t size : {88200u, 96000u, 131072u, 88202u}) {
        const auto signal = white_noise(size);
        std::vector<std::complex<double>> in(signal.begin(), signal.end()), out(size);
        kissfft<double>(size, false).transform(in.data(), out.data());
        std::vector<double> expected;
        for (std::size_t k = 0; k <= size / 2; ++k) expected.push_back(std::norm(out[k]));
        RealFft fft(size);
        std::vector<float> power(fft.bins());
        fft.power(signal, power);
        expect_near(power, expected, signal, 4e-6);
    }
}

class EveryInstructionSet : public ::testing::TestWithParam<const SplitKernels*> {};

TEST_P(EveryInstructionSet, RealTransform) {
    std::vector<std::size_t> sizes = {2u * 49 * 49, 2u * 64 * 64, 10000, 8820};
    for (std::size_t size = 512; size < 1600; size += 2) sizes.push_back(size);
    int taken = 0;
    for (const std::size_t size : sizes) {
        if (!SplitFft::takes(size, SplitFft::Kind::real)) continue;
        ++taken;
        const auto signal = white_noise(size);
        std::vector<float> power(size / 2 + 1);
        SplitFft(size, SplitFft::Kind::real, *GetParam()).power(signal.data(), power.data());
        expect_near(power, direct_power(signal), signal, 4e-6);
    }
    EXPECT_GE(taken, 40);  // with every radix among their passes
}

TEST_P(EveryInstructionSet, ComplexTransformAndItsInverse) {
    for (const std::size_t size : {256u, 625u, 1225u, 2048u, 3969u, 4410u, 6561u}) {
        ASSERT_TRUE(SplitFft::takes(size, SplitFft::Kind::complex)) << size;
        SplitFft fft(size, SplitFft::Kind::complex, *GetParam());
        const auto re = white_noise(size, 1), im = white_noise(size, 2);
        std::vector<float> out_re(size), out_im(size), back_re(size), back_im(size);
        fft.transform(re.data(), im.data(), out_re.data(), out_im.data());
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}, size / 3, size / 2, size - 1}) {
            std::complex<double> sum = 0;
            for (std::size_t n = 0; n < size; ++n)
                sum += std::complex<double>(re[n], im[n]) *
                       std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k * n % size) /
                                           static_cast<double>(size));
            EXPECT_NEAR(out_re[k], sum.real(), 1e-4) << size << " bin " << k;
            EXPECT_NEAR(out_im[k], sum.imag(), 1e-4) << size << " bin " << k;
        }
        fft.transform(out_im.data(), out_re.data(), back_im.data(), back_re.data());
        for (std::size_t n = 0; n < size; ++n) {
            ASSERT_NEAR(back_re[n] / static_cast<float>(size), re[n], 1e-6) << size;
            ASSERT_NEAR(back_im[n] / static_cast<float>(size), im[n], 1e-6) << size;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(SplitFft, EveryInstructionSet, ::testing::ValuesIn(all_split_kernels()),
                         [](const auto& test) { return "Lanes" + std::to_string(test.param->lanes); });

}  // namespace
}  // namespace earshot::frontend
