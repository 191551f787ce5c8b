#include "network/torch/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "network/settings.h"
#include "support/error.h"

namespace earshot::network {
namespace {

constexpr std::int64_t kMaxClasses = std::int64_t{1} << 16;

}  // namespace

Answer::Kind Answer::read_kind(const nlohmann::ordered_json& architecture) {
    if (!architecture.contains("answer")) return Kind::softmax;
    const auto kind = text_setting(architecture, "answer");
    if (kind == "softmax") return Kind::softmax;
    if (kind == "sigmoid") return Kind::sigmoid;
    if (kind == "likeness") return Kind::likeness;
    throw Error(fmt::format("architecture: no answer '{}' (known: softmax, sigmoid, likeness)", kind));
}

Answer::Answer(const nlohmann::ordered_json& architecture)
    : classes_(whole_setting(architecture, "classes", 1, kMaxClasses)), kind_(read_kind(architecture)) {
    if (kind_ == Kind::softmax || !architecture.contains("background")) return;
    background_ = whole_setting(architecture, "background", 0, classes_ - 1);
    if (classes_ < 2) throw Error("architecture: \"classes\" is 1, and that is the background");
}

torch::Tensor Answer::probabilities(const torch::Tensor& logits) const {
    if (kind_ == Kind::softmax) return torch::softmax(logits, 1);
    if (background_ < 0) return torch::sigmoid(logits);
    torch::Tensor others = logits;
    if (kind_ == Kind::likeness) {
        others = torch::cat({logits.slice(1, 0, background_), logits.slice(1, background_ + 1)}, 1) -
                 logits.slice(1, background_, background_ + 1);
    }
    const auto each = torch::sigmoid(others);
    const auto nothing = 1 - each.amax(1, true);
    return torch::cat({each.slice(1, 0, background_), nothing, each.slice(1, background_)}, 1);
}

torch::Tensor Answer::merged(const torch::Tensor& logits) const {
    return kind_ == Kind::likeness && background_ < 0 ? logits.amax(0) : logits.mean(0);
}

torch::Tensor Answer::loss_weights(std::span<const std::int64_t> counts, bool balanced) const {
    const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    std::vector<float> weights(static_cast<std::size_t>(outputs()), 1.0F);
    for (std::size_t i = 0; balanced && i < weights.size(); ++i) {
        const auto c = static_cast<std::size_t>(class_of(static_cast<std::int64_t>(i)));
        const auto count = static_cast<double>(std::max<std::int64_t>(1, counts[c]));
        weights[i] =
            static_cast<float>(kind_ == Kind::sigmoid ? std::max(1.0, total - count) / count
                                                      : total / static_cast<double>(counts.size()) / count);
    }
    return torch::tensor(weights);
}

torch::Tensor Answer::targets(const torch::Tensor& truth) const {
    auto classes = torch::arange(outputs());
    if (outputs_skip_background()) classes += (classes >= background_).to(torch::kInt64);
    return (truth.unsqueeze(1) == classes.unsqueeze(0)).to(torch::kFloat32);
}

Answer::Loss Answer::loss(const torch::Tensor& logits, const torch::Tensor& truth,
                          const torch::Tensor& weights) const {
    if (kind_ == Kind::sigmoid) {
        return {torch::binary_cross_entropy_with_logits(logits, targets(truth), {}, weights),
                static_cast<double>(truth.size(0))};
    }
    using Options = torch::nn::functional::CrossEntropyFuncOptions;
    return {torch::nn::functional::cross_entropy(logits, truth, Options().weight(weights)),
            weights.index_select(0, truth).sum().item<double>()};
}

}  // namespace earshot::network
