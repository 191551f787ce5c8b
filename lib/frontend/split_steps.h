#pragma once

#include "frontend/lane_fft.h"
#include "frontend/split_kernels.h"

/// The steps of a SplitFft for L lanes. Included only by the files that compile it for one instruction set.
namespace earshot::frontend::lanes {

/// Calls step(start, group) for 0, L, 2L ...; the last start is moved back so that L items remain, some being
/// done twice.
template <int L, class Step>
EARSHOT_INLINE void in_groups(std::size_t count, const Step& step) {
    for (std::size_t start = 0, group = 0; start < count; start += L, ++group)
        step(start + L <= count ? start : count - L, group);
}

/// The spectra of real columns from those of their even and odd rows taken as one complex column: with H =
/// N1/2, W = exp(-2πi/N1), E = Z_k + conj(Z_(H-k)) and O = -i·(Z_k - conj(Z_(H-k))), X_k = (E + W^k·O)/2 and
/// X_(H-k) = conj(E - W^k·O)/2. The halving is in the twiddles that follow. In place; k = 0 ... H.
template <int L>
void unpack_real(const SplitView& v, float* work) {
    const std::size_t half = v.kept - 1;
    const Complex<L> first = load_complex<L>(work);
    store_complex<L>(work, {2 * (first.re + first.im), Vector<L>{}});
    store_complex<L>(work + half * 2 * L, {2 * (first.re - first.im), Vector<L>{}});
    for (std::size_t k = 1; 2 * k <= half; ++k) {
        float *low = work + k * 2 * L, *high = work + (half - k) * 2 * L;
        const Complex<L> a = load_complex<L>(low), b = load_complex<L>(high);
        const Complex<L> even = {a.re + b.re, a.im - b.im};
        const Complex<L> odd = times<L>(Complex<L>{a.im + b.im, b.re - a.re}, v.unpack_re[k], v.unpack_im[k]);
        store_complex<L>(high, {even.re - odd.re, odd.im - even.im});
        store_complex<L>(low, even + odd);
    }
}

/// Multiplies the spectra of columns n2 ... n2 + L - 1 by exp(-2πi·k1·n2/N) and turns them, so that lanes are
/// neighbouring k1 afterwards. `middle` holds L of them together: [k1 / L][n2][re, im][lane].
template <int L>
void twiddle_and_turn(const SplitView& v, const float* work, std::size_t n2, std::size_t column_group) {
    const float* group_twiddle = v.group_twiddle + column_group * v.kept * 2;
    in_groups<L>(v.kept, [&](std::size_t first_k1, std::size_t block) {
        Vector<L> re[L], im[L];
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) {
            const std::size_t k1 = first_k1 + i;
            const Complex<L> lanes = load_complex<L>(v.lane_twiddle + k1 * 2 * L);
            const Complex<L> twiddle = times<L>(lanes, group_twiddle[2 * k1], group_twiddle[2 * k1 + 1]);
            const Complex<L> x = times<L>(load_complex<L>(work + k1 * 2 * L), twiddle.re, twiddle.im);
            re[i] = x.re;
            im[i] = x.im;
        }
        transpose<L>(re);
        transpose<L>(im);
        float* to = v.middle + (block * v.columns + n2) * 2 * L;
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) store_complex<L>(to + i * 2 * L, {re[i], im[i]});
    });
}

/// Transforms the columns: element n1 of column n2 is at re, im + n1 · stride + n2.
template <int L>
void run_columns(const SplitView& v, const float* re, const float* im, std::size_t stride, bool real) {
    in_groups<L>(v.columns, [&](std::size_t n2, std::size_t group) {
        run_fft<L>(v.column, v.column_work, {re + n2, im + n2, stride},
                   Strided<L, float>{v.column_work, v.column_work + L, 2 * L});
        if (real) unpack_real<L>(v, v.column_work);
        twiddle_and_turn<L>(v, v.column_work, n2, group);
    });
}

/// Transforms along the rows; output(k1) takes X_(k1 + N1·k2) and its L - 1 successors as (k2, x).
template <int L, class Output>
void run_rows(const SplitView& v, const Output& output) {
    in_groups<L>(v.kept, [&](std::size_t k1, std::size_t group) {
        const float* block = v.middle + group * v.columns * 2 * L;
        run_fft<L>(v.row, v.row_work, {block, block + L, 2 * L}, output(k1));
    });
}

template <int L>
void real_power(const SplitView& v, const float* signal, float* power) {
    run_columns<L>(v, signal, signal + v.columns, 2 * v.columns, true);  // pairs of rows as complex ones
    run_rows<L>(v, [&](std::size_t k1) {
        return [&v, power, k1](std::size_t k2, Complex<L> x) {
            const Vector<L> squares = x.re * x.re + x.im * x.im;
            if (2 * k2 < v.columns)
                store<L>(power + v.rows * k2 + k1, squares);
            else  // bin N - k is the conjugate of bin k
                store<L>(power + v.rows * (v.columns - k2) - k1 - (L - 1), reversed<L>(squares));
        };
    });
}

template <int L>
void complex_transform(const SplitView& v, const float* re, const float* im, float* out_re, float* out_im) {
    run_columns<L>(v, re, im, v.columns, false);
    run_rows<L>(v, [&](std::size_t k1) { return Strided<L, float>{out_re + k1, out_im + k1, v.rows}; });
}

}  // namespace earshot::frontend::lanes
