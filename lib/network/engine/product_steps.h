#pragma once

#include "network/engine/product.h"
#include "network/lanes.h"

/// The kernel of product.h, for L columns at once. Compiled once per instruction set: see lanes.h.
namespace earshot::network::lanes {

/// Rows of a block: as many as registers hold beside two of b and one of a.
template <int L>
constexpr int kRows = L == 16  ? 12
                      : L == 8 ? 6
                               : 4;

template <int L, int M>
void multiply_tile(const engine::Product& p, std::size_t row) {
    Vector<L> sums[M][2];
    float* const out = p.out + static_cast<std::ptrdiff_t>(row) * p.out_row;
    const bool whole = p.columns == 2 * L;
    const std::size_t left = p.columns < L ? p.columns : L, right = p.columns - left;
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
        if (p.add) {
            sums[m][0] = load_some<L>(out + m * p.out_row, left, 0);
            sums[m][1] = load_some<L>(out + m * p.out_row + left, right, 0);
        } else if (p.column_bias != nullptr) {
            sums[m][0] = load<L>(p.column_bias);
            sums[m][1] = load<L>(p.column_bias + L);
        } else {
            sums[m][0] = sums[m][1] =
                all<L>(p.row_bias != nullptr ? p.row_bias[row + static_cast<std::size_t>(m)] : 0);
        }
    }
    const float* a = p.a + static_cast<std::ptrdiff_t>(row) * p.a_row;
    const float* b = p.b;
    for (std::size_t k = 0; k < p.depth; ++k, a += p.a_step, b += p.b_step) {
        const Vector<L> b0 = load<L>(b), b1 = load<L>(b + L);
#pragma GCC unroll 16
        for (int m = 0; m < M; ++m) {
            const Vector<L> factor = all<L>(a[m * p.a_row]);
            sums[m][0] += factor * b0;
            sums[m][1] += factor * b1;
        }
    }
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
        if (p.rectify) {
            sums[m][0] = sums[m][0] > 0 ? sums[m][0] : Vector<L>{};
            sums[m][1] = sums[m][1] > 0 ? sums[m][1] : Vector<L>{};
        }
        float* const to = out + m * p.out_row;
        if (whole) {
            store<L>(to, sums[m][0]);
            store<L>(to + L, sums[m][1]);
        } else {
            __builtin_memcpy(to, &sums[m][0], left * sizeof(float));
            __builtin_memcpy(to + left, &sums[m][1], right * sizeof(float));
        }
    }
}

template <int L, int M>
void multiply_rest(const engine::Product& p, std::size_t row) {
    if (p.rows - row == M) {
        multiply_tile<L, M>(p, row);
    } else if constexpr (M > 1) {
        multiply_rest<L, M - 1>(p, row);
    }
}

template <int L>
void multiply(const engine::Product& p) {
    std::size_t row = 0;
    for (; row + kRows<L> <= p.rows; row += kRows<L>) multiply_tile<L, kRows<L>>(p, row);
    if (row < p.rows) multiply_rest<L, kRows<L> - 1>(p, row);
}

}  // namespace earshot::network::lanes
