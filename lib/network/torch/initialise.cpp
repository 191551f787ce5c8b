#include <torch/nn/init.h>

#include <cmath>

#include "network/torch/operations.h"

namespace earshot::network {
namespace {

namespace init = torch::nn::init;

/// Uniform within sqrt(1 / inputs), weight and bias: He et al., ICCV 2015, with the slope that LibTorch
/// gives.
void fill_linear(std::span<const torch::Tensor> weights, bool bias) {
    init::kaiming_uniform_(weights[0], std::sqrt(5));
    if (!bias) return;
    const auto inputs = weights[0].numel() / weights[0].size(0);
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    init::uniform_(weights[1], -bound, bound);
}

}  // namespace

void initialise(const Op& op, std::span<const torch::Tensor> weights) {
    const torch::NoGradGuard no_gradients;
    std::visit(Overloaded{[&](const op::Linear& linear) { fill_linear(weights, linear.bias); },
                          [&](const op::Conv& conv) { fill_linear(weights, conv.bias); },
                          [&](const op::BatchNorm&) {
                              weights[0].fill_(1);
                              weights[3].fill_(1);
                          },
                          [&](const op::LayerNorm&) { weights[0].fill_(1); },
                          [&](const op::GroupNorm&) { weights[0].fill_(1); },
                          [&](const op::Gru& gru) {
                              const double bound = 1 / std::sqrt(static_cast<double>(gru.hidden));
                              for (const auto& each : weights) init::uniform_(each, -bound, bound);
                          },
                          [&](const op::Attention&) {
                              fill_linear(weights.subspan(2), true);
                              weights[3].fill_(0);
                              init::xavier_uniform_(weights[0]);
                          },
                          [&](const op::Standardise&) {
                              if (!weights.empty()) weights[1].fill_(1);
                          },
                          [](const auto&) {}},
               op);
}

}  // namespace earshot::network
