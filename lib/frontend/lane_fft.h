#pragma once

#include <cstddef>
#include <cstdint>

#include "frontend/butterflies.h"

namespace earshot {

/// One pass of a transform: butterflies of `radix` elements that lie `stride` apart.
struct LanePass {
    int radix;
    std::size_t stride;    // length of the transforms that the passes before have made
    std::size_t twiddles;  // where this pass's begin
};

/// A complex transform of `size` points, decimation in time with mixed radix, which runs in L lanes at once.
/// Raw pointers into LaneFftTables: see lanes.h for why.
struct LaneFftView {
    std::size_t size;
    const LanePass* passes;
    std::size_t pass_count;
    const std::uint32_t* order;  // element i of the first pass is input order[i]
    const float* twiddles;       // re, im
};

namespace lanes {

/// One pass. load(i) and store(i, x) say where element i comes from and goes to.
template <int R, int L, class Load, class Store>
void run_pass(const LaneFftView& fft, const LanePass& pass, const Load& load, const Store& store) {
    const std::size_t stride = pass.stride, block = stride * R;
    Complex<L> x[R];
    for (std::size_t start = 0; start < fft.size; start += block) {
#pragma GCC unroll 8
        for (int q = 0; q < R; ++q) x[q] = load(start + q * stride);
        Butterfly<R, L>::run(x);
#pragma GCC unroll 8
        for (int q = 0; q < R; ++q) store(start + q * stride, x[q]);
    }
    const float* twiddle = fft.twiddles + pass.twiddles;
    for (std::size_t j = 1; j < stride; ++j, twiddle += 2 * (R - 1)) {
        for (std::size_t start = j; start < fft.size; start += block) {
            x[0] = load(start);
#pragma GCC unroll 8
            for (int q = 1; q < R; ++q)
                x[q] = times<L>(load(start + q * stride), twiddle[2 * q - 2], twiddle[2 * q - 1]);
            Butterfly<R, L>::run(x);
#pragma GCC unroll 8
            for (int q = 0; q < R; ++q) store(start + q * stride, x[q]);
        }
    }
}

template <int L, class Load, class Store>
void run_pass(const LaneFftView& fft, const LanePass& pass, const Load& load, const Store& store) {
    switch (pass.radix) {
        case 2:
            return run_pass<2, L>(fft, pass, load, store);
        case 3:
            return run_pass<3, L>(fft, pass, load, store);
        case 4:
            return run_pass<4, L>(fft, pass, load, store);
        case 5:
            return run_pass<5, L>(fft, pass, load, store);
        case 6:
            return run_pass<6, L>(fft, pass, load, store);
        case 7:
            return run_pass<7, L>(fft, pass, load, store);
        default:
            return run_pass<8, L>(fft, pass, load, store);
    }
}

/// L transforms, from input(n) to output(k, x), by way of `work`, size · 2L floats. At least two passes.
template <int L, class Input, class Output>
void run_fft(const LaneFftView& fft, float* work, const Input& input, const Output& output) {
    const auto ordered_input = [&](std::size_t i) { return input(fft.order[i]); };
    const auto load_work = [&](std::size_t i) { return load_complex<L>(work + i * 2 * L); };
    const auto store_work = [&](std::size_t i, Complex<L> x) { store_complex<L>(work + i * 2 * L, x); };
    run_pass<L>(fft, fft.passes[0], ordered_input, store_work);
    for (std::size_t p = 1; p + 1 < fft.pass_count; ++p)
        run_pass<L>(fft, fft.passes[p], load_work, store_work);
    run_pass<L>(fft, fft.passes[fft.pass_count - 1], load_work, output);
}

}  // namespace lanes
}  // namespace earshot
