#include "model/torch/dense_layers.h"

#include <fmt/format.h>

namespace earshot {

DenseLayers::DenseLayers(torch::nn::Module& owner, std::span<const std::int64_t> sizes, double dropout)
    : dropout_(dropout) {
    for (std::size_t i = 1; i < sizes.size(); ++i) {
        layers_.push_back(owner.register_module(fmt::format("dense_{}", i), torch::nn::Linear(sizes[i - 1], sizes[i])));
    }
}

torch::Tensor DenseLayers::forward(torch::Tensor values, bool training) {
    for (auto& layer : layers_) {
        values = torch::relu(layer(values));
        if (dropout_ > 0) values = torch::dropout(values, dropout_, training);
    }
    return values;
}

std::int64_t DenseLayers::weight_count(std::span<const std::int64_t> sizes) {
    std::int64_t count = 0;
    for (std::size_t i = 1; i < sizes.size(); ++i) count += (sizes[i - 1] + 1) * sizes[i];
    return count;
}

}  // namespace earshot
