#pragma once

#include "network/torch/libtorch.h"

namespace earshot::network {

/// How much attention each step of a sequence gets, on average over the steps that pay it:
///
///   weights[n, h, j] = 1/T sum_i softmax_j(q_i · k_j / sqrt(d))
///
/// It is all that is needed of attention (Vaswani et al., NeurIPS 2017) where its outcome is averaged over
/// time, since the average of sum_j w_ij v_j over i is sum_j weights_j v_j: the second half of the work is
/// saved. No matrix of T x T is ever in memory: the scores are made for some queries at a time, and again for
/// the gradient (as in Dao et al., NeurIPS 2022).
///
/// Scores are multiplied in bfloat16 where the thread multiplies_in_bfloat16().
///
/// @param queries_keys  [n, T, 2C], contiguous: the queries of all heads, then the keys; d = C / heads
/// @return              float32 [n, heads, T], differentiable
torch::Tensor mean_attention(const torch::Tensor& queries_keys, std::int64_t heads);

/// The same of LibTorch's operations, with a matrix of T x T a head, on whatever device its input is: what
/// mean_attention() does but on the processor.
torch::Tensor composed_mean_attention(const torch::Tensor& queries_keys, std::int64_t heads);

}  // namespace earshot::network
