#pragma once

#include <cstddef>
#include <vector>

namespace earshot::network {

/// The softmax of attention, row by row, with one instruction set. Rows are queries, columns keys.
struct SoftmaxKernels {
    const char* name;
    /// mean[j] += exp(s_ij) / sum_k exp(s_ik) for each row i.
    /// @param scores    rows x columns; overwritten
    /// @param log_sums  rows, out: ln of sum_k exp(s_ik), from which gradient() computes the same weights
    void (*add_up)(float* scores, std::size_t rows, std::size_t columns, float* log_sums, float* mean);
    /// Replaces the scores by the gradient of sum_j slope_j w_ij, where w is the softmax:
    /// w_ij (slope_j - sum_k w_ik slope_k).
    void (*gradient)(float* scores, std::size_t rows, std::size_t columns, const float* log_sums,
                     const float* slope);
};

extern const SoftmaxKernels kSoftmaxBaseline, kSoftmaxAvx2, kSoftmaxAvx512;

/// The kernels that this CPU can run, the fastest last.
std::vector<const SoftmaxKernels*> all_softmax_kernels();
/// The fastest of them.
const SoftmaxKernels& softmax_kernels();

}  // namespace earshot::network
