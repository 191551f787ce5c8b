#include "network/torch/dense_layers.h"

#include <fmt/format.h>

#include <utility>

namespace earshot::network {

DenseLayers::DenseLayers(torch::nn::Module& owner, std::span<const std::int64_t> sizes, double dropout)
    : dropout_(dropout) {
    for (std::size_t i = 1; i < sizes.size(); ++i) {
        layers_.push_back(
            owner.register_module(fmt::format("dense_{}", i), torch::nn::Linear(sizes[i - 1], sizes[i])));
    }
}

torch::Tensor DenseLayers::forward(torch::Tensor values, bool training) {
    return after(0, std::move(values), training);
}

/// Applies the layers after the first `layers`.
torch::Tensor DenseLayers::after(std::size_t layers, torch::Tensor values, bool training) {
    for (auto& layer : std::span(layers_).subspan(layers)) values = activated(layer(values), training);
    return values;
}

torch::Tensor DenseLayers::learn(const torch::Tensor& values, const torch::Tensor& scale,
                                 const torch::Tensor& shift) {
    if (layers_.empty()) return values * scale + shift;
    const auto& weights = layers_.front()->weight;
    const auto bias = torch::addmv(layers_.front()->bias, weights, shift);
    return after(1, activated(torch::linear(values, weights * scale, bias), true), true);
}

torch::Tensor DenseLayers::activated(const torch::Tensor& sums, bool training) const {
    const auto values = torch::relu(sums);
    return dropout_ > 0 ? torch::dropout(values, dropout_, training) : values;
}

std::int64_t DenseLayers::weight_count(std::span<const std::int64_t> sizes) {
    std::int64_t count = 0;
    for (std::size_t i = 1; i < sizes.size(); ++i) count += (sizes[i - 1] + 1) * sizes[i];
    return count;
}

}  // namespace earshot::network
