#include "network/torch/answer.h"

#include <algorithm>
#include <vector>

namespace earshot::network {

Answer::Answer(const AnswerOptions& options) : options_(options) {}

torch::Tensor Answer::loss_weights(std::span<const std::int64_t> counts, std::size_t examples,
                                   bool balanced) const {
    const auto total = static_cast<double>(examples);
    std::vector<float> weights(static_cast<std::size_t>(outputs()), 1.0F);
    for (std::size_t i = 0; balanced && i < weights.size(); ++i) {
        const auto c = static_cast<std::size_t>(class_of(static_cast<std::int64_t>(i)));
        const auto count = static_cast<double>(std::max<std::int64_t>(1, counts[c]));
        weights[i] = static_cast<float>(independent() ? std::max(1.0, total - count) / count
                                                      : total / static_cast<double>(counts.size()) / count);
    }
    return torch::tensor(weights);
}

Answer::Loss Answer::loss(const torch::Tensor& logits, const torch::Tensor& truth,
                          const torch::Tensor& weights) const {
    if (independent()) {
        const auto known = (truth >= 0).to(torch::kFloat32);
        const double share = known.mean().item<double>();
        const auto mean = torch::binary_cross_entropy_with_logits(logits, truth.clamp_min(0), known, weights);
        return {share > 0 && share < 1 ? mean / share : mean, static_cast<double>(truth.size(0)) * share};
    }
    return {torch::cross_entropy_loss(logits, truth, weights),
            weights.index_select(0, truth).sum().item<double>()};
}

torch::Tensor Answer::sounds(const torch::Tensor& answers, const torch::Tensor& states) const {
    if (!outputs_skip_background()) return states.gather(1, answers.unsqueeze(1)).squeeze(1) > 0;
    const auto outputs = answers - (answers > options_.background).to(torch::kInt64);
    const auto sound = states.gather(1, outputs.clamp_max(states.size(1) - 1).unsqueeze(1)).squeeze(1) > 0;
    return sound & (answers != options_.background);
}

}  // namespace earshot::network
