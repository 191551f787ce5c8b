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
    /// @param counts    examples of each class; where labels overlap, one counts for several
    /// @param examples  in all
    torch::Tensor loss_weights(std::span<const std::int64_t> counts, std::size_t examples,
                               bool balanced) const;

    struct Loss {
        torch::Tensor mean;  // in nats, a tensor with one element
        double weight;       // of the mean when combined with other batches
    };
    /// Cross-entropy, weighted. @param truth  [n], class indices; of independent outputs [n, outputs()]: 1 if
    /// it sounds, 0 if not, -1 if that is unknown and has no part in the loss
    Loss loss(const torch::Tensor& logits, const torch::Tensor& truth, const torch::Tensor& weights) const;
    /// Of independent outputs, whether the class of an answer is known to sound. False for the background.
    /// @param answers  [n], class indices  @param states  [n, outputs()], as for loss()
    torch::Tensor sounds(const torch::Tensor& answers, const torch::Tensor& states) const;

 private:
    bool outputs_skip_background() const { return independent() && options_.background >= 0; }
    /// The class of an output.
    std::int64_t class_of(std::int64_t output) const {
        return output + (outputs_skip_background() && output >= options_.background);
    }

    AnswerOptions options_;
};

}  // namespace earshot::network
