#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace earshot::npz {

/// IEEE 754 binary16: 11 significant bits, up to 65504.
struct Half {
    std::uint16_t bits;

    /// Rounds to nearest, ties to even; from 65520 on infinite. Correct even if denormals count as zero.
    static Half nearest(float value) {
        const auto whole = std::bit_cast<std::uint32_t>(value);
        const std::uint32_t sign = whole >> 16 & 0x8000, magnitude = whole & 0x7fffffff;
        std::uint32_t half;
        if (magnitude > 0x7f800000) {
            half = 0x7e00;  // NaN
        } else if (magnitude >= 0x477ff000) {
            half = 0x7c00;  // rounds to 65536 or more
        } else if (magnitude < 0x38800000) {
            // Less than 2^-14: multiples of 2^-24, which is what the last bit of 0.5 + magnitude stands for.
            half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3f000000;
        } else {
            // 13 bits of the fraction go, and the exponent's bias from 127 to 15.
            half = (magnitude + 0xfff + (magnitude >> 13 & 1) - (std::uint32_t{127 - 15} << 23)) >> 13;
        }
        return {static_cast<std::uint16_t>(sign | half)};
    }

    bool is_finite() const { return (bits & 0x7c00) != 0x7c00; }

    explicit operator double() const {
        const int exponent = bits >> 10 & 0x1f;
        const double fraction = bits & 0x3ff;
        const double magnitude = exponent == 0    ? std::ldexp(fraction, -24)
                                 : exponent == 31 ? (fraction == 0 ? std::numeric_limits<double>::infinity()
                                                                   : std::numeric_limits<double>::quiet_NaN())
                                                  : std::ldexp(1024 + fraction, exponent - 25);
        return bits & 0x8000 ? -magnitude : magnitude;
    }
};

}  // namespace earshot::npz
