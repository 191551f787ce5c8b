#pragma once

#include <cstddef>
#include <utility>

/// Vectors of L floats for the FFT, which computes L equal transforms at once, one in each lane.
///
/// Everything here is a template on L, and each instruction set uses an L of its own: this header is compiled
/// several times with different instruction sets, and the linker must never take a function that was compiled
/// for one of them into the others. For the same reason no function of the standard library is called here.
namespace earshot::frontend::lanes {

template <int L>
struct Traits {
    typedef float Vector __attribute__((vector_size(sizeof(float) * L)));
};
template <int L>
using Vector = typename Traits<L>::Vector;

template <int L>
struct Complex {
    Vector<L> re, im;
};

#define EARSHOT_INLINE [[gnu::always_inline]] inline

template <int L>
EARSHOT_INLINE Vector<L> load(const float* from) {
    Vector<L> v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

template <int L>
EARSHOT_INLINE void store(float* to, Vector<L> v) {
    __builtin_memcpy(to, &v, sizeof v);
}

/// L real parts, then L imaginary parts.
template <int L>
EARSHOT_INLINE Complex<L> load_complex(const float* from) {
    return {load<L>(from), load<L>(from + L)};
}

template <int L>
EARSHOT_INLINE void store_complex(float* to, Complex<L> x) {
    store<L>(to, x.re);
    store<L>(to + L, x.im);
}

/// x · (re + i·im), with one factor for all lanes or one for each.
template <int L, class Factor>
EARSHOT_INLINE Complex<L> times(Complex<L> x, Factor re, Factor im) {
    return {x.re * re - x.im * im, x.re * im + x.im * re};
}

template <int L>
EARSHOT_INLINE Complex<L> operator+(Complex<L> a, Complex<L> b) {
    return {a.re + b.re, a.im + b.im};
}

template <int L>
EARSHOT_INLINE Complex<L> operator-(Complex<L> a, Complex<L> b) {
    return {a.re - b.re, a.im - b.im};
}

/// -i·x
template <int L>
EARSHOT_INLINE Complex<L> turned(Complex<L> x) {
    return {x.im, -x.re};
}

template <int L>
EARSHOT_INLINE Vector<L> reversed(Vector<L> v) {
    return [&]<int... I>(std::integer_sequence<int, I...>) {
        return __builtin_shufflevector(v, v, (L - 1 - I)...);
    }
    (std::make_integer_sequence<int, L>());
}

/// a0 b0 a1 b1 ... from the first halves (kHalf = 0) or the second ones (kHalf = 1).
template <int L, int kHalf>
EARSHOT_INLINE Vector<L> interleaved(Vector<L> a, Vector<L> b) {
    return [&]<int... I>(std::integer_sequence<int, I...>) {
        return __builtin_shufflevector(a, b, (kHalf * L / 2 + I / 2 + I % 2 * L)...);
    }
    (std::make_integer_sequence<int, L>());
}

/// Rows to columns of an L x L square: log2(L) perfect shuffles of all its elements.
template <int L>
EARSHOT_INLINE void transpose(Vector<L> (&rows)[L]) {
    for (int done = 1; done < L; done *= 2) {
        Vector<L> next[L];
#pragma GCC unroll 16
        for (int i = 0; i < L / 2; ++i) {
            next[2 * i] = interleaved<L, 0>(rows[i], rows[i + L / 2]);
            next[2 * i + 1] = interleaved<L, 1>(rows[i], rows[i + L / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < L; ++i) rows[i] = next[i];
    }
}

}  // namespace earshot::frontend::lanes
