#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "frontend/lane_fft.h"

namespace earshot::frontend {

/// Passes, order of the input, and twiddles of a transform in lanes; the same for any number of lanes.
class LaneFftTables {
 public:
    /// @param size  a product of 2, 3, 5 and 7 that takes at least two passes
    explicit LaneFftTables(std::size_t size);
    LaneFftView view() const;

 private:
    std::size_t size_;
    std::vector<LanePass> passes_;
    std::vector<std::uint32_t> order_;
    std::vector<float> twiddles_;
};

/// Radices of the passes in which a transform of `size` points is made; empty if it has other prime factors.
std::vector<int> lane_fft_radices(std::size_t size);

/// exp(-2πi·numerator/denominator)
std::complex<double> unit_root(std::size_t numerator, std::size_t denominator);

}  // namespace earshot::frontend
