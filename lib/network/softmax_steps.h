#pragma once

#include <cstddef>

#include "network/softmax.h"

/// The kernels of softmax.h, for L columns at once, as vectors of L floats.
///
/// Everything here is a template on L, and each instruction set uses an L of its own: this header is compiled
/// several times with different instruction sets, and the linker must never take a function that was compiled
/// for one of them into the others. For the same reason no function of the standard library is called here.
namespace earshot::network::lanes {

template <int L>
struct Traits {
    typedef float Vector __attribute__((vector_size(sizeof(float) * L)));
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
struct Whole {
    typedef int Vector __attribute__((vector_size(sizeof(int) * L)));
};

template <int L>
EARSHOT_INLINE Vector<L> all(float x) {
    return Vector<L>{} + x;
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
    typename Whole<L>::Vector exponent = __builtin_convertvector(n, typename Whole<L>::Vector);
    exponent = (exponent + 127) << 23;
    Vector<L> power;
    __builtin_memcpy(&power, &exponent, sizeof power);
    return series * power;
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

template <int L>
EARSHOT_INLINE float highest(const float* row, std::size_t columns) {
    constexpr float kLowest = -3.4028235e38F;
    Vector<L> most = all<L>(kLowest);
    std::size_t j = 0;
    for (; j + L <= columns; j += L) {
        const Vector<L> v = load<L>(row + j);
        most = v > most ? v : most;
    }
    const Vector<L> v = load_some<L>(row + j, columns - j, kLowest);
    most = v > most ? v : most;
    float result = most[0];
    for (int i = 1; i < L; ++i) result = most[i] > result ? most[i] : result;
    return result;
}

template <int L>
void add_up(float* scores, std::size_t rows, std::size_t columns, float* log_sums, float* mean) {
    for (std::size_t i = 0; i < rows; ++i) {
        float* row = scores + i * columns;
        const float most = highest<L>(row, columns);
        Vector<L> sums{};
        std::size_t j = 0;
        for (; j + L <= columns; j += L) {
            const Vector<L> power = exponential<L>(load<L>(row + j) - most);
            store<L>(row + j, power);
            sums += power;
        }
        float sum = sum_of<L>(sums);
        const Vector<L> last = exponential<L>(load_some<L>(row + j, columns - j, 0) - most);
        __builtin_memcpy(row + j, &last, (columns - j) * sizeof(float));
        for (std::size_t k = j; k < columns; ++k) sum += row[k];
        log_sums[i] = most + __builtin_logf(sum);
        const float share = 1 / sum;
        for (j = 0; j + L <= columns; j += L)
            store<L>(mean + j, load<L>(mean + j) + share * load<L>(row + j));
        for (; j < columns; ++j) mean[j] += share * row[j];
    }
}

template <int L>
void gradient(float* scores, std::size_t rows, std::size_t columns, const float* log_sums,
              const float* slope) {
    for (std::size_t i = 0; i < rows; ++i) {
        float* row = scores + i * columns;
        Vector<L> sums{};
        std::size_t j = 0;
        for (; j + L <= columns; j += L) {
            const Vector<L> weight = exponential<L>(load<L>(row + j) - log_sums[i]);
            store<L>(row + j, weight);
            sums += weight * load<L>(slope + j);
        }
        float mean = sum_of<L>(sums);
        const Vector<L> last = exponential<L>(load_some<L>(row + j, columns - j, 0) - log_sums[i]);
        __builtin_memcpy(row + j, &last, (columns - j) * sizeof(float));
        for (std::size_t k = j; k < columns; ++k) mean += row[k] * slope[k];
        for (j = 0; j + L <= columns; j += L)
            store<L>(row + j, load<L>(row + j) * (load<L>(slope + j) - mean));
        for (; j < columns; ++j) row[j] *= slope[j] - mean;
    }
}

}  // namespace earshot::network::lanes
