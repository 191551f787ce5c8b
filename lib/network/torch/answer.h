#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>

#include "network/torch/libtorch.h"

namespace earshot::network {

/// What the outputs of a network mean, and what it costs to be wrong. AnswerOptions says which kinds there
/// are;
/// {"classes": C, "answer": "softmax"}, {..., "answer": "sigmoid" or "likeness", "background": index}.
class Answer {
 public:
    explicit Answer(const nlohmann::ordered_json& architecture);

    std::int64_t classes() const { return classes_; }
    std::int64_t outputs() const { return classes_ - (outputs_skip_background() ? 1 : 0); }
    /// True if outputs of several windows may be combined one by one: each speaks for itself.
    bool independent() const { return kind_ == Kind::sigmoid; }

    /// @param logits  [n, outputs()]   @return  [n, classes()], from 0 to 1
    torch::Tensor probabilities(const torch::Tensor& logits) const;

    /// Logits of windows that were heard in several ways, [ways, n, outputs()], as one, [n, outputs()]: the
    /// mean; but of likeness the highest, as an unknown sound is like a label in none of them. Against a
    /// background the mean too, or each more way would favour the others.
    torch::Tensor merged(const torch::Tensor& logits) const;

    /// What each class weighs in the loss, so that rare ones count as much as others if `balanced`: for
    /// softmax n / (C n_c); for sigmoid, of each output, negatives / positives (the pos_weight of binary
    /// cross-entropy).
    /// @param counts  examples of each class
    torch::Tensor loss_weights(std::span<const std::int64_t> counts, bool balanced) const;

    struct Loss {
        torch::Tensor mean;  // in nats, a tensor with one element
        double weight;       // that the mean has among those of other batches
    };
    /// Cross-entropy, weighted. @param truth  [n], class indices
    Loss loss(const torch::Tensor& logits, const torch::Tensor& truth, const torch::Tensor& weights) const;

 private:
    enum class Kind { softmax, sigmoid, likeness };
    static Kind read_kind(const nlohmann::ordered_json& architecture);

    bool outputs_skip_background() const { return kind_ == Kind::sigmoid && background_ >= 0; }
    /// 1 where an output's class is the truth, else 0: [n, outputs()].
    torch::Tensor targets(const torch::Tensor& truth) const;
    /// Class of an output.
    std::int64_t class_of(std::int64_t output) const {
        return output + (outputs_skip_background() && output >= background_);
    }

    std::int64_t classes_, background_ = -1;
    Kind kind_;
};

}  // namespace earshot::network
