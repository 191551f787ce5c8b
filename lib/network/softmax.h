#pragma once

#include <cstddef>
#include <vector>

namespace earshot::network {

/// The softmax of attention, row by row, for one instruction set. Rows are queries, columns keys.
struct SoftmaxKernels {
    const char* name;
    /// mean[j] += exp(s_ij) / sum_k exp(s_ik) for each row i.
    /// @param scores    rows x columns, spoilt
    /// @param log_sums  rows, out: ln of sum_k exp(s_ik), of which gradient() makes the same weights again
    void (*add_up)(float* scores, std::size_t rows, std::size_t columns, float* log_sums, float* mean);
    /// The gradient of sum_j slope_j w_ij, w being the softmax, in place of the scores:
    /// w_ij (slope_j - sum_k w_ik slope_k).
    void (*gradient)(float* scores, std::size_t rows, std::size_t columns, const float* log_sums,
                     const float* slope);
};

extern const SoftmaxKernels kSoftmaxBaseline, kSoftmaxAvx2, kSoftmaxAvx512;

/// Those that this processor can run, the fastest last.
std::vector<const SoftmaxKernels*> all_softmax_kernels();
/// The last of them.
const SoftmaxKernels& softmax_kernels();

}  // namespace earshot::network
