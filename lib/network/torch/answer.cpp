#include "network/torch/answer.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace earshot::network {

Answer::Answer(const AnswerOptions& options) : options_(options) {}

torch::Tensor Answer::loss_weights(std::span<const std::int64_t> counts, bool balanced) const {
    const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    std::vector<float> weights(static_cast<std::size_t>(outputs()), 1.0F);
    for (std::size_t i = 0; balanced && i < weights.size(); ++i) {
        const auto c = static_cast<std::size_t>(class_of(static_cast<std::int64_t>(i)));
        const auto count = static_cast<double>(std::max<std::int64_t>(1, counts[c]));
        weights[i] = static_cast<float>(independent() ? std::max(1.0, total - count) / count
                                                      : total / static_cast<double>(counts.size()) / count);
    }
    return torch::tensor(weights);
}

torch::Tensor Answer::targets(const torch::Tensor& truth) const {
    auto classes = torch::arange(outputs());
    if (outputs_skip_background()) classes += (classes >= options_.background).to(torch::kInt64);
    return (truth.unsqueeze(1) == classes.unsqueeze(0)).to(torch::kFloat32);
}

Answer::Loss Answer::loss(const torch::Tensor& logits, const torch::Tensor& truth,
                          const torch::Tensor& weights) const {
    if (independent()) {
        return {torch::binary_cross_entropy_with_logits(logits, targets(truth), {}, weights),
                static_cast<double>(truth.size(0))};
    }
    return {torch::cross_entropy_loss(logits, truth, weights),
            weights.index_select(0, truth).sum().item<double>()};
}

}  // namespace earshot::network
