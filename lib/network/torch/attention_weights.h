#pragma once

#include "network/torch/libtorch.h"

namespace earshot::network {

/// How much attention each step of a sequence gets, averaged over the steps that pay it:
///
///   weights[n, h, j] = 1/T sum_i softmax_j(q_i · k_j / sqrt(d))
///
/// Attention (Vaswani et al., NeurIPS 2017) needs no more than this if its result is averaged over time,
/// since the average of sum_j w_ij v_j over i is sum_j weights_j v_j. This saves the second half of the work.
/// The matrix of T x T scores is never in memory: they are computed for some queries at a time, and once more
/// for the gradient (as in Dao et al., NeurIPS 2022), in bfloat16 if multiplies_in_bfloat16().
///
/// Only the recipe impact-waveform, whose sequences are long, needs it: it trains 3.6 times as fast with it
/// as with composed_mean_attention(), in a third of the memory (one thread, AVX512_BF16).
///
/// @param queries_keys  [n, T, 2C], contiguous: the queries of all heads, then the keys; d = C / heads
/// @return              float32 [n, heads, T], differentiable
torch::Tensor mean_attention(const torch::Tensor& queries_keys, std::int64_t heads);

/// The same by LibTorch's operations, with a matrix of T x T scores per head, on any device. mean_attention()
/// uses it on all devices except the CPU.
torch::Tensor composed_mean_attention(const torch::Tensor& queries_keys, std::int64_t heads);

}  // namespace earshot::network
