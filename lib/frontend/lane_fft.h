#pragma once

#include <cstddef>
#include <cstdint>

#include "frontend/butterflies.h"

namespace earshot::frontend {

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

template <int R>
struct Radix {};

/// Where element i lies: L real parts at re + i · stride, L imaginary ones at im + i · stride.
template <int L, class Float>
struct Strided {
    Float *re, *im;
    std::size_t stride;

    EARSHOT_INLINE Complex<L> load(std::size_t i) const {
        return {lanes::load<L>(re + i * stride), lanes::load<L>(im + i * stride)};
    }
    EARSHOT_INLINE void operator()(std::size_t i, Complex<L> x) const {
        store<L>(re + i * stride, x.re);
        store<L>(im + i * stride, x.im);
    }
};

/// The first pass puts the input in order and needs no twiddles.
template <int R, int L>
void run_first_pass(const LaneFftView& fft, const Strided<L, const float>& input,
                    const Strided<L, float>& work) {
    Complex<L> x[R];
    for (std::size_t start = 0; start < fft.size; start += R) {
#pragma GCC unroll 8
        for (int q = 0; q < R; ++q) x[q] = input.load(fft.order[start + q]);
        Butterfly<R, L>::run(x);
#pragma GCC unroll 8
        for (int q = 0; q < R; ++q) work(start + q, x[q]);
    }
}

/// The passes that follow; output(i, x) takes element i.
template <int R, int L, class Output>
void run_pass(const LaneFftView& fft, const LanePass& pass, const Strided<L, float>& work,
              const Output& output) {
    const std::size_t stride = pass.stride, block = stride * R;
    const float* twiddle = fft.twiddles + pass.twiddles;
    Complex<L> x[R];
    for (std::size_t j = 0; j < stride; ++j, twiddle += 2 * (R - 1)) {
        for (std::size_t start = j; start < fft.size; start += block) {
            x[0] = work.load(start);
#pragma GCC unroll 8
            for (int q = 1; q < R; ++q)
                x[q] = times<L>(work.load(start + q * stride), twiddle[2 * q - 2], twiddle[2 * q - 1]);
            Butterfly<R, L>::run(x);
#pragma GCC unroll 8
            for (int q = 0; q < R; ++q) output(start + q * stride, x[q]);
        }
    }
}

/// Calls run with the radix as a constant.
template <class Run>
EARSHOT_INLINE void with_radix(int radix, const Run& run) {
    switch (radix) {
        case 2:
            return run(Radix<2>{});
        case 3:
            return run(Radix<3>{});
        case 4:
            return run(Radix<4>{});
        case 5:
            return run(Radix<5>{});
        case 6:
            return run(Radix<6>{});
        case 7:
            return run(Radix<7>{});
        default:
            return run(Radix<8>{});
    }
}

/// L transforms by way of `work`, size · 2L floats; output(k, x) takes X_k. At least two passes.
template <int L, class Output>
void run_fft(const LaneFftView& fft, float* work, const Strided<L, const float>& input,
             const Output& output) {
    const Strided<L, float> elements{work, work + L, 2 * L};
    with_radix(fft.passes[0].radix, [&]<int R>(Radix<R>) { run_first_pass<R, L>(fft, input, elements); });
    const LanePass* last = fft.passes + fft.pass_count - 1;
    for (const LanePass* pass = fft.passes + 1; pass < last; ++pass)
        with_radix(pass->radix, [&]<int R>(Radix<R>) { run_pass<R, L>(fft, *pass, elements, elements); });
    with_radix(last->radix, [&]<int R>(Radix<R>) { run_pass<R, L>(fft, *last, elements, output); });
}

}  // namespace lanes
}  // namespace earshot::frontend
