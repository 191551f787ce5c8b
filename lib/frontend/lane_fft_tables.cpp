#include "frontend/lane_fft_tables.h"

#include <array>
#include <cmath>
#include <numbers>
#include <span>

namespace earshot::frontend {
namespace {

// Large radices first: few passes over the data.
constexpr std::array<std::size_t, 7> kRadices = {8, 7, 6, 5, 4, 3, 2};

// Decimation in time: the transform of the last radix takes every radix-th input into each of its parts.
void fill_order(std::vector<std::uint32_t>& order, std::span<const LanePass> passes, std::size_t position,
                std::size_t first, std::size_t step) {
    if (passes.empty()) {
        order[position] = static_cast<std::uint32_t>(first);
        return;
    }
    const LanePass& pass = passes.back();
    for (std::size_t q = 0; q < static_cast<std::size_t>(pass.radix); ++q)
        fill_order(order, passes.first(passes.size() - 1), position + q * pass.stride, first + q * step,
                   step * static_cast<std::size_t>(pass.radix));
}

}  // namespace

std::vector<int> lane_fft_radices(std::size_t size) {
    std::vector<int> radices;
    for (const std::size_t radix : kRadices)
        for (; size % radix == 0; size /= radix) radices.push_back(static_cast<int>(radix));
    if (size != 1) radices.clear();
    return radices;
}

std::complex<double> unit_root(std::size_t numerator, std::size_t denominator) {
    const double turn = static_cast<double>(numerator % denominator) / static_cast<double>(denominator);
    return std::polar(1.0, -2 * std::numbers::pi * turn);
}

LaneFftTables::LaneFftTables(std::size_t size) : size_(size), order_(size) {
    std::size_t stride = 1;
    for (const int radix : lane_fft_radices(size)) {
        passes_.push_back({radix, stride, twiddles_.size()});
        const std::size_t block = stride * static_cast<std::size_t>(radix);
        for (std::size_t j = 0; stride > 1 && j < stride; ++j) {
            for (std::size_t q = 1; q < static_cast<std::size_t>(radix); ++q) {
                const auto factor = unit_root(j * q, block);
                twiddles_.push_back(static_cast<float>(factor.real()));
                twiddles_.push_back(static_cast<float>(factor.imag()));
            }
        }
        stride = block;
    }
    fill_order(order_, passes_, 0, 0, 1);
}

LaneFftView LaneFftTables::view() const {
    return {size_, passes_.data(), passes_.size(), order_.data(), twiddles_.data()};
}

}  // namespace earshot::frontend
