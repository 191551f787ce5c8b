#pragma once

#include <cstdint>
#include <span>

#include "network/architecture.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

/// The loss for wrong outputs of a network. What these mean for scores is at the end of its graph
/// (Walker::scores_of()).
class Answer {
 public:
    explicit Answer(const AnswerOptions& options);

    std::int64_t classes() const { return options_.classes; }
    std::int64_t outputs() const { return outputs_of(options_); }
    /// True if outputs are independent, so that those of several windows can be combined output by output.
    bool independent() const { return options_.kind == "sigmoid"; }

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
    bool outputs_skip_background() const { return independent() && options_.background >= 0; }
    /// 1 where an output's class is the truth, else 0: [n, outputs()].
    torch::Tensor targets(const torch::Tensor& truth) const;
    /// The class of an output.
    std::int64_t class_of(std::int64_t output) const {
        return output + (outputs_skip_background() && output >= options_.background);
    }

    AnswerOptions options_;
};

}  // namespace earshot::network
