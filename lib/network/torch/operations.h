#pragma once

#include <span>

#include "network/graph.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

constexpr double kBatchNormMomentum = 0.1;  // fraction of a batch in the running mean and variance

/// What an operation of a graph works on. Each value has the dimension of windows in front: [n, ...].
struct Operands {
    std::span<const torch::Tensor> inputs;
    std::span<const torch::Tensor> weights;  // in the order of Graph::weights_of()
    const Shape& shape;                      // of the result, without n
    std::int64_t views = 1;                  // results for each window
    bool training = false;                   // batch normalisation by the batch, and dropout
    bool may_overwrite = false;              // the input, which nothing else needs
};

/// Computes one operation, differentiable where its inputs or weights are.
torch::Tensor apply(const Op& op, const Operands& on);

/// x W^T + bias over the last dimension. @param bias  may be undefined
torch::Tensor apply_linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);
/// Cross-correlation, with the padding that `conv` asks for. @param bias  may be undefined
torch::Tensor apply_conv(const op::Conv& conv, const torch::Tensor& x, const torch::Tensor& weight,
                         const torch::Tensor& bias);

// What prepares frames: on the CPU, float32, without gradients.

torch::Tensor apply_noise_floor(const op::NoiseFloor& floor, const torch::Tensor& frames);
torch::Tensor apply_time_features(const op::TimeFeatures& features, const torch::Tensor& frames);
torch::Tensor apply_standardise(const op::Standardise& standardise, const torch::Tensor& features,
                                std::span<const torch::Tensor> weights);
torch::Tensor apply_views(const op::Views& views, const torch::Tensor& frames);

/// Fills weights, which are zeros, as the modules of LibTorch begin: with the same draws from its generator
/// in the same order.
void initialise(const Op& op, std::span<const torch::Tensor> weights);

}  // namespace earshot::network
