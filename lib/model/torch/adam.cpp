#include "model/torch/adam.h"

#include <cmath>

namespace earshot {

Adam::Adam(Network& network, double weight_decay)
    : weight_decay_(weight_decay), step_(torch::zeros({}, torch::kInt64)) {
    for (const auto& parameter : network.named_parameters()) {
        const auto& weights = parameter.value();
        moments_.push_back(
            {parameter.key(), weights, torch::zeros_like(weights), torch::zeros_like(weights)});
    }
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
    // Both means start at zero; dividing by what they have seen of one corrects that.
    const double mean_seen = 1 - std::pow(kMeanDecay, steps);
    const double square_seen = 1 - std::pow(kSquareDecay, steps);
    for (auto& [name, weights, mean, square] : moments_) {
        auto& gradient = weights.mutable_grad();
        if (!gradient.defined()) continue;  // the loss does not depend on it
        if (factor != 1) gradient.mul_(factor);
        weights.mul_(1 - learning_rate * weight_decay_);
        mean.mul_(kMeanDecay).add_(gradient, 1 - kMeanDecay);
        square.mul_(kSquareDecay).addcmul_(gradient, gradient, 1 - kSquareDecay);
        const auto scale = square.sqrt().div_(std::sqrt(square_seen)).add_(kEpsilon);
        weights.addcdiv_(mean, scale, -learning_rate / mean_seen);
        gradient.reset();
    }
}

NamedTensors Adam::state() const {
    NamedTensors tensors{{"adam.step", step_}};
    for (const auto& moments : moments_) {
        tensors.emplace_back("adam.mean." + moments.name, moments.mean);
        tensors.emplace_back("adam.square." + moments.name, moments.square);
    }
    return tensors;
}

}  // namespace earshot
