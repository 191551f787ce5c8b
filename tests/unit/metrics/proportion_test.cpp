#include "metrics/proportion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace earshot::metrics {
namespace {

// The ends are the proportions p from which the sample is 1.96 standard deviations of p away.
TEST(Proportion, ends_of_the_interval_are_just_compatible_with_the_sample) {
    for (const auto& [fraction, count] : {std::pair(0.9, 20), {0.5, 3}, {0.12, 1000}}) {
        const auto [low, high] = wilson_interval(fraction, static_cast<std::size_t>(count));
        for (const double p : {low, high})
            EXPECT_NEAR(std::abs(fraction - p) / std::sqrt(p * (1 - p) / count), 1.959964, 1e-5);
    }
    const auto [low, high] = wilson_interval(1, 20);
    EXPECT_NEAR(low, 20 / (20 + 1.959964 * 1.959964), 1e-6);
    EXPECT_EQ(high, 1);
    EXPECT_EQ(wilson_interval(0, 20).low, 0);
}

}  // namespace
}  // namespace earshot::metrics
