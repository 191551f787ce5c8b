#include "train/torch/adam.h"

#include <cmath>

namespace earshot::train {
namespace {

constexpr float kMeanDecay = 0.9F, kSquareDecay = 0.999F, kEpsilon = 1e-8F;

}  // namespace

Adam::Adam(const network::NamedTensors& parameters, double weight_decay,
           const std::function<double(const std::string&)>& share)
    : weight_decay_(weight_decay), step_(torch::zeros({}, torch::kInt64)) {
    for (const auto& [name, weights] : parameters)
        moments_.push_back(
            {name, weights, torch::zeros_like(weights), torch::zeros_like(weights), share(name)});
}

void Adam::step(double weight, double learning_rate, double clip) {
    const torch::NoGradGuard no_gradients;
    double factor = 1 / weight;
    if (clip > 0) {
        double square = 0;
        for (const auto& moments : moments_) {
            const auto& gradient = moments.weights.grad();
            if (gradient.defined()) square += gradient.square().sum(torch::kFloat64).item<double>();
        }
        const double norm = factor * std::sqrt(square);
        if (norm > clip) factor *= clip / norm;
    }
    step_ += 1;
    const auto steps = static_cast<double>(step_.item<std::int64_t>());
    // Both means start at zero. Dividing by the total weight of what they have seen corrects for that.
    const double mean_seen = 1 - std::pow(static_cast<double>(kMeanDecay), steps);
    const double square_seen = 1 - std::pow(static_cast<double>(kSquareDecay), steps);
    for (auto& moments : moments_) {
        const double rate = learning_rate * moments.share;
        const Rates rates{.share = static_cast<float>(factor),
                          .rate = static_cast<float>(rate / mean_seen),
                          .square_scale = static_cast<float>(1 / std::sqrt(square_seen)),
                          .kept = static_cast<float>(1 - rate * weight_decay_)};
        auto& gradient = moments.weights.mutable_grad();
        if (!gradient.defined()) continue;  // the loss does not depend on it
        const bool in_reach = moments.weights.is_cpu() && moments.weights.scalar_type() == torch::kFloat32;
        in_reach ? step_in_one_pass(moments, gradient, rates) : step_by_operations(moments, gradient, rates);
        gradient.reset();
    }
}

/// For float32 on the CPU, where memory bandwidth limits the speed.
void Adam::step_in_one_pass(Moments& moments, const torch::Tensor& gradient, const Rates& rates) {
    const auto [share, rate, square_scale, kept] = rates;
    const auto along = gradient.contiguous();
    const float* g = along.data_ptr<float>();
    float* w = moments.weights.data_ptr<float>();
    float* mean = moments.mean.data_ptr<float>();
    float* square = moments.square.data_ptr<float>();
    const std::int64_t count = along.numel();
    for (std::int64_t i = 0; i < count; ++i) {
        const float down = g[i] * share;
        mean[i] = kMeanDecay * mean[i] + (1 - kMeanDecay) * down;
        square[i] = kSquareDecay * square[i] + (1 - kSquareDecay) * down * down;
        w[i] = kept * w[i] - rate * mean[i] / (std::sqrt(square[i]) * square_scale + kEpsilon);
    }
}

void Adam::step_by_operations(Moments& moments, const torch::Tensor& gradient, const Rates& rates) {
    const auto down = gradient * rates.share;
    moments.mean.mul_(kMeanDecay).add_(down, 1 - kMeanDecay);
    moments.square.mul_(kSquareDecay).addcmul_(down, down, 1 - kSquareDecay);
    moments.weights.mul_(rates.kept)
        .addcdiv_(moments.mean, moments.square.sqrt().mul_(rates.square_scale).add_(kEpsilon), -rates.rate);
}

network::NamedTensors Adam::state() const {
    network::NamedTensors tensors{{"adam.step", step_}};
    for (const auto& moments : moments_) {
        tensors.emplace_back("adam.mean." + moments.name, moments.mean);
        tensors.emplace_back("adam.square." + moments.name, moments.square);
    }
    return tensors;
}

}  // namespace earshot::train
