#pragma once

#include <cstddef>

/// Vectors of L floats. Everything here is a template on L, and each instruction set uses an L of its own:
/// what includes this is compiled several times with different instruction sets, and the linker must never
/// take a function that was compiled for one of them into the others. For the same reason no function of the
/// standard library is called here.
namespace earshot::network::lanes {

template <int L>
struct Traits {
    typedef float Vector __attribute__((vector_size(sizeof(float) * L)));
    typedef int Whole __attribute__((vector_size(sizeof(int) * L)));
};
template <int L>
using Vector = typename Traits<L>::Vector;

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

template <int L>
EARSHOT_INLINE Vector<L> all(float x) {
    return Vector<L>{} + x;
}

/// Loads up to L floats; the rest are `fill`.
template <int L>
EARSHOT_INLINE Vector<L> load_some(const float* from, std::size_t count, float fill) {
    Vector<L> v = all<L>(fill);
    __builtin_memcpy(&v, from, count * sizeof(float));
    return v;
}

template <int L>
EARSHOT_INLINE float sum_of(Vector<L> v) {
    float sum = 0;
    for (int i = 0; i < L; ++i) sum += v[i];
    return sum;
}

/// exp(x) with a relative error of 2e-7 for x up to 80; below -87 the value of exp(-87), 1.6e-38.
/// exp(x) = 2^n exp(r), where n is the integer nearest to x / ln 2, so |r| <= ln(2)/2. There the series up to
/// r^7/7! has an error of 6e-9. ln 2 is subtracted in two parts; n times the first is exact.
template <int L>
EARSHOT_INLINE Vector<L> exponential(Vector<L> x) {
    constexpr float kRounding = 0x1.8p23F;  // adding it rounds to an integer
    constexpr float kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
    x = x > -87.0F ? x : all<L>(-87.0F);
    const Vector<L> shifted = x * 1.44269504F + kRounding;
    const Vector<L> n = shifted - kRounding;
    const Vector<L> r = (x - n * kLn2High) - n * kLn2Low;
    Vector<L> series = all<L>(1 / 5040.0F);
    series = series * r + 1 / 720.0F;
    series = series * r + 1 / 120.0F;
    series = series * r + 1 / 24.0F;
    series = series * r + 1 / 6.0F;
    series = series * r + 0.5F;
    series = series * r + 1.0F;
    series = series * r + 1.0F;
    typename Traits<L>::Whole exponent = __builtin_convertvector(n, typename Traits<L>::Whole);
    exponent = (exponent + 127) << 23;
    Vector<L> power;
    __builtin_memcpy(&power, &exponent, sizeof power);
    return series * power;
}

}  // namespace earshot::network::lanes
