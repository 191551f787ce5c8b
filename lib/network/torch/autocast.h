#pragma once

#include "network/torch/libtorch.h"

namespace earshot::network {

/// Whether this CPU multiplies bfloat16 faster than float32 (AVX512_BF16) and LibTorch can use that (oneDNN).
bool bfloat16_is_faster();

/// While one lives, networks on this thread multiply in bfloat16 (8 bits of precision) and add up each
/// product in float32: LibTorch's operations by its autocast, conv_block() and mean_attention() likewise.
/// Weights, statistics, sums over a batch and the steps of learning stay float32.
class AutocastScope {
 public:
    explicit AutocastScope(bool bfloat16);
    ~AutocastScope();
    AutocastScope(const AutocastScope&) = delete;
    AutocastScope& operator=(const AutocastScope&) = delete;

 private:
    bool before_;
};

/// Whether an AutocastScope(true) is in effect on this thread.
bool multiplies_in_bfloat16();

/// out = scale a b, or out += scale a b with `add`. The matrices a and b are both float32 or both bfloat16;
/// out is float32.
void multiply(torch::Tensor& out, const torch::Tensor& a, const torch::Tensor& b, double scale = 1,
              bool add = false);

}  // namespace earshot::network
