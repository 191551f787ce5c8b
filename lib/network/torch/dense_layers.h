#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/torch/libtorch.h"

namespace earshot::network {

/// Dense layers, each followed by ReLU and dropout.
class DenseLayers {
 public:
    DenseLayers() = default;
    /// @param owner  registers them as "dense_1", "dense_2" ...
    /// @param sizes  size of the input, then of each layer
    DenseLayers(torch::nn::Module& owner, std::span<const std::int64_t> sizes, double dropout);

    /// @param values  [n, sizes.front()]  @return  [n, sizes.back()]
    torch::Tensor forward(torch::Tensor values, bool training);
    /// forward(values · scale + shift, true) for values that need no gradient. Scale and shift become part of
    /// the first layer's weights, so that no gradient passes through that layer: it saves a third of the work
    /// if the first layer is by far the largest.
    /// @param scale, shift  [sizes.front()]
    torch::Tensor learn(const torch::Tensor& values, const torch::Tensor& scale, const torch::Tensor& shift);

    /// Number of weights of all layers.
    static std::int64_t weight_count(std::span<const std::int64_t> sizes);

 private:
    torch::Tensor activated(const torch::Tensor& sums, bool training) const;
    torch::Tensor after(std::size_t layers, torch::Tensor values, bool training);

    std::vector<torch::nn::Linear> layers_;
    double dropout_ = 0;
};

}  // namespace earshot::network
