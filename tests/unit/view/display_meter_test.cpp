#include "view/display_meter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace earshot::view {
namespace {

constexpr int kRate = 8000;

std::vector<float> sine(double amplitude, double seconds) {
    std::vector<float> samples(static_cast<std::size_t>(seconds * kRate));
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<float>(
            amplitude * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / kRate));
    return samples;
}

TEST(DisplayMeter, a_sine_of_full_scale_has_minus_3_dBFS) {
    DisplayMeter meter(kRate);
    EXPECT_EQ(meter.level_dbfs(), DisplayMeter::kSilence_dbfs);
    meter.push(sine(1, 2));
    EXPECT_NEAR(meter.level_dbfs(), -3.01, 0.05);
    EXPECT_NEAR(meter.peak_dbfs(), 0, 0.01);
}

TEST(DisplayMeter, falls_with_the_time_constant_fast) {
    DisplayMeter meter(kRate);
    meter.push(sine(1, 2));
    meter.push(std::vector<float>(kRate / 8));  // 125 ms
    EXPECT_NEAR(meter.level_dbfs(), -3.01 - 10 * std::log10(std::exp(1)), 0.05);
}

TEST(DisplayMeter, holds_a_peak_for_two_seconds_and_the_mark_of_clipping_for_three) {
    DisplayMeter meter(kRate);
    meter.push(std::vector{0.5f});
    EXPECT_FALSE(meter.clipped());
    meter.push(std::vector{-1.0f});
    const std::vector<float> quiet(static_cast<std::size_t>(1.9 * kRate), 0.01f);
    meter.push(quiet);
    EXPECT_EQ(meter.peak_dbfs(), 0);
    meter.push(std::vector<float>(kRate / 5, 0.01f));  // 2.1 s
    EXPECT_NEAR(meter.peak_dbfs(), -40, 0.01);
    EXPECT_TRUE(meter.clipped());
    meter.push(std::vector<float>(kRate));  // 3.1 s
    EXPECT_FALSE(meter.clipped());
}

}  // namespace
}  // namespace earshot::view
