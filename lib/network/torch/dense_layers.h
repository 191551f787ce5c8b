#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/torch/libtorch.h"

namespace earshot::network {

/// Dense layers, each with ReLU and dropout after it.
class DenseLayers {
 public:
    DenseLayers() = default;
    /// @param owner  where they are registered, as "dense_1", "dense_2" ...
    /// @param sizes  of the input, then of each layer
    DenseLayers(torch::nn::Module& owner, std::span<const std::int64_t> sizes, double dropout);

    /// @param values  [n, sizes.front()]  @return  [n, sizes.back()]
    torch::Tensor forward(torch::Tensor values, bool training);
    /// forward(values · scale + shift, true) of values that nothing is learnt before: both are taken into the
    /// weights of the first layer, so that no gradient need be carried through it, a third of the work where
    /// it is much the largest.
    /// @param scale, shift  [sizes.front()]
    torch::Tensor learn(const torch::Tensor& values, const torch::Tensor& scale, const torch::Tensor& shift);

    /// Of them all.
    static std::int64_t weight_count(std::span<const std::int64_t> sizes);

 private:
    torch::Tensor activated(const torch::Tensor& sums, bool training) const;
    torch::Tensor after(std::size_t layers, torch::Tensor values, bool training);

    std::vector<torch::nn::Linear> layers_;
    double dropout_ = 0;
};

}  // namespace earshot::network
