#pragma once

#include "network/torch/libtorch.h"

namespace earshot::network {

/// Convolution over time, batch normalisation, ReLU and the maximum of each two steps, in one pass over
/// pieces that stay in the cache. Sequences are [n, T, channels] ("channels last"): then a convolution is a
/// matrix product, the rest goes over neighbours in memory, and attention takes what comes out as it is.
///
/// conv: kernel 3, padding 1, some stride; the last step is dropped where there is none to pair it with.
/// While learning, normalisation is by the batch, and the running mean and variance follow it; else by these.
/// While learning, products are in bfloat16 where the thread multiplies_in_bfloat16(), but for those over few
/// channels. Of the batch only the input and the outcome of the convolution are kept for the gradient.
///
/// Parameters and buffers as those of conv and norm; norm->is_training() says whether it learns.
/// @param input  float32 [n, T, channels], contiguous
/// @return       [n, pooled_steps(T, stride), channels'], differentiable while learning
torch::Tensor conv_block(const torch::Tensor& input, torch::nn::Conv1d& conv, torch::nn::BatchNorm1d& norm);

/// The same of LibTorch's operations, on whatever device the input is: what conv_block() does but on the
/// processor.
torch::Tensor composed_conv_block(const torch::Tensor& input, torch::nn::Conv1d& conv,
                                  torch::nn::BatchNorm1d& norm);

/// Steps that a block leaves.
inline std::int64_t pooled_steps(std::int64_t steps, std::int64_t stride) {
    return ((steps - 1) / stride + 1) / 2;
}

}  // namespace earshot::network
