#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>

#include "network/torch/libtorch.h"

namespace earshot::network {

/// What the outputs of a network mean, and the loss for wrong ones. AnswerOptions describes the kinds.
/// {"classes": C, "answer": "softmax"}, {..., "answer": "sigmoid" or "likeness", "background": index}.
class Answer {
 public:
    explicit Answer(const nlohmann::ordered_json& architecture);

    std::int64_t classes() const { return classes_; }
    std::int64_t outputs() const { return classes_ - (outputs_skip_background() ? 1 : 0); }
    /// True if outputs are independent, so that those of several windows can be combined output by output.
    bool independent() const { return kind_ == Kind::sigmoid; }

    /// @param logits  [n, outputs()]   @return  [n, classes()], from 0 to 1
    torch::Tensor probabilities(const torch::Tensor& logits) const;

    /// Combines logits of windows scored in several versions, [ways, n, outputs()] to [n, outputs()].
    /// Likeness takes the maximum, since an unknown sound resembles a label in no version. All else takes the
    /// mean, and so does likeness with a background, or each additional version would favour the other
    /// labels.
    torch::Tensor merged(const torch::Tensor& logits) const;

    /// The weight of each class in the loss. With `balanced`, rare classes count as much as others: softmax
    /// has n / (C n_c) for each class; sigmoid has negatives / positives for each output (the pos_weight of
    /// binary cross-entropy).
    /// @param counts  examples of each class
    torch::Tensor loss_weights(std::span<const std::int64_t> counts, bool balanced) const;

    struct Loss {
        torch::Tensor mean;  // in nats, a tensor with one element
        double weight;       // of the mean when combined with other batches
    };
    /// Cross-entropy, weighted. @param truth  [n], class indices
    Loss loss(const torch::Tensor& logits, const torch::Tensor& truth, const torch::Tensor& weights) const;

 private:
    enum class Kind { softmax, sigmoid, likeness };
    static Kind read_kind(const nlohmann::ordered_json& architecture);

    bool outputs_skip_background() const { return kind_ == Kind::sigmoid && background_ >= 0; }
    /// 1 where an output's class is the truth, else 0: [n, outputs()].
    torch::Tensor targets(const torch::Tensor& truth) const;
    /// The class of an output.
    std::int64_t class_of(std::int64_t output) const {
        return output + (outputs_skip_background() && output >= background_);
    }

    std::int64_t classes_, background_ = -1;
    Kind kind_;
};

}  // namespace earshot::network
