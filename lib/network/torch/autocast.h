#pragma once

#include "network/torch/libtorch.h"

namespace earshot::network {

/// Whether this processor multiplies bfloat16 faster than float32 (AVX512_BF16), and LibTorch makes use of it
/// (oneDNN).
bool bfloat16_is_faster();

/// While one lives, what this thread asks networks for is multiplied in bfloat16 (8 bits of precision) and
/// added up in float32 within a product: LibTorch's operations by its own autocast, conv_block() and
/// mean_attention() likewise. Weights, statistics, sums over a batch and the steps of learning stay float32.
class AutocastScope {
 public:
    explicit AutocastScope(bool bfloat16);
    ~AutocastScope();
    AutocastScope(const AutocastScope&) = delete;
    AutocastScope& operator=(const AutocastScope&) = delete;

 private:
    bool before_;
};

/// Whether one lives that says so.
bool multiplies_in_bfloat16();

/// out = scale a b, or adds that to it. a and b are of one type, float32 or bfloat16, matrices; out is
/// float32.
void multiply(torch::Tensor& out, const torch::Tensor& a, const torch::Tensor& b, double scale = 1,
              bool add = false);

}  // namespace earshot::network
