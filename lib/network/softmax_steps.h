#pragma once

#include "network/lanes.h"
#include "network/softmax.h"

/// The kernels of softmax.h, for L columns at once. Compiled once per instruction set: see lanes.h.
namespace earshot::network::lanes {

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
