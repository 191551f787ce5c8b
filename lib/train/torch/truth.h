#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataset/activity.h"
#include "network/torch/answer.h"
#include "network/torch/libtorch.h"

namespace earshot::train {

/// What some examples are known to be: a class each, or the activity of each of their steps.
struct Truth {
    torch::Tensor classes;  // [n], int64
    torch::Tensor states;   // [n, steps, outputs], dataset::Activity::State as numbers; undefined for classes
    torch::Tensor weak;     // [n, outputs], of examples whose labels say only what sounds somewhere

    std::int64_t examples() const { return classes.size(0); }
    bool of_steps() const { return states.defined(); }
};

/// [.., outputs] numbers from states. @param shape  of the result
torch::Tensor tensor_of(std::span<const dataset::Activity::State> states, torch::IntArrayRef shape);

/// Loss and answers of one batch.
struct Graded {
    network::Answer::Loss loss;
    std::int64_t right = 0, answers = 0;
};

/// Sums over batches that become means at the end.
struct Tally {
    double loss = 0, weight = 0;
    std::int64_t right = 0, answers = 0;

    void add(const Graded& graded) {
        loss += graded.loss.mean.item<double>() * graded.loss.weight;
        weight += graded.loss.weight;
        right += graded.right;
        answers += graded.answers;
    }
    double mean_loss() const { return loss / weight; }
    double accuracy() const {
        return static_cast<double>(right) / static_cast<double>(std::max<std::int64_t>(1, answers));
    }
};

/// Binary cross-entropy of each label at each step, over the steps of which it is known; plus that of weak
/// labels against the score of the window as a whole, sum p^2 / sum p over its steps (linear softmax: Wang,
/// Li and Metze, ICASSP 2019). An answer is right if its score is on the right side of 0.5.
/// @param logits  [n, steps, outputs]
Graded grade_steps(const torch::Tensor& logits, const Truth& truth);

}  // namespace earshot::train
