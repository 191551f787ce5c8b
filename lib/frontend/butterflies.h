#pragma once

#include "frontend/lanes.h"

/// Discrete Fourier transforms of R points, y_k = Σ_n x_n exp(-2πi·k·n/R), in place, lane by lane.
namespace earshot::frontend::lanes {

/// cos and sin of 2π·j/R for j = 1 ... (R-1)/2.
template <int R>
struct Roots;
template <>
struct Roots<3> {
    static constexpr float cos[] = {-0.5F};
    static constexpr float sin[] = {0.866025403784438647F};
};
template <>
struct Roots<5> {
    static constexpr float cos[] = {0.309016994374947424F, -0.809016994374947424F};
    static constexpr float sin[] = {0.951056516295153572F, 0.587785252292473129F};
};
template <>
struct Roots<7> {
    static constexpr float cos[] = {0.623489801858733531F, -0.222520933956314404F, -0.900968867902419126F};
    static constexpr float sin[] = {0.781831482468029809F, 0.974927912181823607F, 0.433883739117558120F};
};

/// Odd R, here 3, 5 and 7. Sums and differences of opposite points halve the multiplications: with
/// t_j = x_j + x_(R-j) and d_j = x_j - x_(R-j), y_k and y_(R-k) are x_0 + Σ_j cos(2πjk/R)·t_j ∓
/// i·sin(2πjk/R)·d_j.
template <int R, int L>
struct Butterfly {
    EARSHOT_INLINE static void run(Complex<L> (&x)[R]) {
        constexpr int kHalf = R / 2;
        Complex<L> t[kHalf], d[kHalf];
        const Complex<L> first = x[0];
#pragma GCC unroll 8
        for (int j = 0; j < kHalf; ++j) {
            t[j] = x[j + 1] + x[R - 1 - j];
            d[j] = x[j + 1] - x[R - 1 - j];
            x[0] = x[0] + t[j];
        }
#pragma GCC unroll 8
        for (int k = 1; k <= kHalf; ++k) {
            Complex<L> even = first, odd{};
#pragma GCC unroll 8
            for (int j = 1; j <= kHalf; ++j) {
                const int turn = j * k % R;
                const bool low = turn <= kHalf;
                const float c = Roots<R>::cos[(low ? turn : R - turn) - 1];
                const float s = low ? Roots<R>::sin[turn - 1] : -Roots<R>::sin[R - turn - 1];
                even.re += c * t[j - 1].re;
                even.im += c * t[j - 1].im;
                odd.re += s * d[j - 1].re;
                odd.im += s * d[j - 1].im;
            }
            x[k] = even + turned<L>(odd);
            x[R - k] = even - turned<L>(odd);
        }
    }
};

template <int L>
struct Butterfly<2, L> {
    EARSHOT_INLINE static void run(Complex<L> (&x)[2]) {
        const Complex<L> first = x[0];
        x[0] = first + x[1];
        x[1] = first - x[1];
    }
};

template <int L>
struct Butterfly<4, L> {
    EARSHOT_INLINE static void run(Complex<L> (&x)[4]) {
        const Complex<L> a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = turned<L>(x[1] - x[3]);
        x[0] = a + c;
        x[1] = b + d;
        x[2] = a - c;
        x[3] = b - d;
    }
};

template <int L>
struct Butterfly<8, L> {
    EARSHOT_INLINE static void run(Complex<L> (&x)[8]) {
        constexpr float kHalfRoot = 0.707106781186547524F;  // exp(-2πi/8) = (1 - i)·sqrt(1/2)
        Complex<L> even[] = {x[0], x[2], x[4], x[6]}, odd[] = {x[1], x[3], x[5], x[7]};
        Butterfly<4, L>::run(even);
        Butterfly<4, L>::run(odd);
        odd[1] = {(odd[1].re + odd[1].im) * kHalfRoot, (odd[1].im - odd[1].re) * kHalfRoot};
        odd[2] = turned<L>(odd[2]);
        odd[3] = {(odd[3].im - odd[3].re) * kHalfRoot, (odd[3].re + odd[3].im) * -kHalfRoot};
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k) {
            x[k] = even[k] + odd[k];
            x[k + 4] = even[k] - odd[k];
        }
    }
};

/// Coprime factors need no twiddles between them (Good, J. R. Stat. Soc. B 20 (1958), 361-372): with
/// n = B·a + A·b mod R on the way in and k = a mod A, k = b mod B on the way out.
template <int A, int B, int L>
EARSHOT_INLINE void coprime_butterfly(Complex<L> (&x)[A * B]) {
    constexpr int R = A * B;
    Complex<L> rows[A][B];
#pragma GCC unroll 16
    for (int a = 0; a < A; ++a) {
#pragma GCC unroll 16
        for (int b = 0; b < B; ++b) rows[a][b] = x[(B * a + A * b) % R];
        Butterfly<B, L>::run(rows[a]);
    }
#pragma GCC unroll 16
    for (int b = 0; b < B; ++b) {
        Complex<L> column[A];
#pragma GCC unroll 16
        for (int a = 0; a < A; ++a) column[a] = rows[a][b];
        Butterfly<A, L>::run(column);
        int k = b;
#pragma GCC unroll 16
        for (int step = 0; step < A; ++step, k += B) x[k] = column[k % A];
    }
}

template <int L>
struct Butterfly<6, L> {
    EARSHOT_INLINE static void run(Complex<L> (&x)[6]) { coprime_butterfly<2, 3, L>(x); }
};

}  // namespace earshot::frontend::lanes
