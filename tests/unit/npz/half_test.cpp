#include "npz/half.h"

#include <gtest/gtest.h>

#include <cmath>

namespace earshot::npz {
namespace {

TEST(Half, EveryValueComesBack) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const Half half{static_cast<std::uint16_t>(bits)};
        const auto value = static_cast<double>(half);
        if (std::isnan(value)) continue;
        ASSERT_EQ(Half::nearest(static_cast<float>(value)).bits, bits);
    }
    EXPECT_TRUE(std::isnan(static_cast<double>(Half::nearest(std::nanf("")))));
}

TEST(Half, IsTheNearestAndOfTwoTheEvenOne) {
    for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {
        const auto low = static_cast<double>(Half{bits});
        const auto high = static_cast<double>(Half{static_cast<std::uint16_t>(bits + 1)});
        const auto middle = static_cast<float>((low + high) / 2);  // exact
        const std::uint16_t even = bits % 2 == 0 ? bits : bits + 1;
        ASSERT_EQ(Half::nearest(middle).bits, even);
        ASSERT_EQ(Half::nearest(std::nextafter(middle, 0.0F)).bits, bits);
        ASSERT_EQ(Half::nearest(std::nextafter(middle, 1e9F)).bits, bits + 1);
        ASSERT_EQ(Half::nearest(-middle).bits, even | 0x8000);
    }
    EXPECT_TRUE(Half::nearest(65519.9F).is_finite());
    EXPECT_FALSE(Half::nearest(65520).is_finite());
}

}  // namespace
}  // namespace earshot::npz
