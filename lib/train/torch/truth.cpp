#include "train/torch/truth.h"

namespace earshot::train {
namespace {

/// The mean over what is known, or 0 where nothing is.
torch::Tensor mean_over(const torch::Tensor& values, const torch::Tensor& known) {
    return (values * known).sum() / known.sum().clamp_min(1);
}

torch::Tensor weak_loss(const torch::Tensor& logits, const torch::Tensor& weak) {
    const auto scores = logits.sigmoid();
    const auto whole = (scores.square().sum(1) / scores.sum(1).clamp_min(1e-6)).clamp(1e-6, 1 - 1e-6);
    const auto known = (weak >= 0).to(torch::kFloat32);
    return mean_over(torch::binary_cross_entropy(whole, weak.clamp_min(0), {}, at::Reduction::None), known);
}

}  // namespace

torch::Tensor tensor_of(std::span<const dataset::Activity::State> states, torch::IntArrayRef shape) {
    auto tensor = torch::empty(shape, torch::kFloat32);
    auto* values = tensor.data_ptr<float>();
    for (std::size_t i = 0; i < states.size(); ++i) values[i] = static_cast<float>(states[i]);
    return tensor;
}

Graded grade_steps(const torch::Tensor& logits, const Truth& truth) {
    const auto known = (truth.states >= 0).to(torch::kFloat32);
    const auto wanted = truth.states.clamp_min(0);
    auto loss = mean_over(
        torch::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::None), known);
    if (truth.weak.defined()) loss = loss + weak_loss(logits, truth.weak);
    const auto right = ((logits >= 0).to(torch::kFloat32) == wanted).to(torch::kFloat32) * known;
    return {{loss, static_cast<double>(truth.examples())},
            right.sum().item<std::int64_t>(),
            known.sum().item<std::int64_t>()};
}

}  // namespace earshot::train
