#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataset/activity.h"
#include "network/torch/answer.h"
#include "network/torch/libtorch.h"
#include "train/training_set.h"
#include "train/window_loader.h"

namespace earshot::train {

/// What some examples are known to be. Networks that name one label learn `classes`, others `states`.
struct Truth {
    torch::Tensor classes;  // [n], int64: the one label of each; undefined for steps
    torch::Tensor states;   // [n, outputs] or [n, steps, outputs], dataset::Activity::State as numbers;
                            // undefined for networks that name one label
    torch::Tensor weak;     // [n, outputs], of examples whose labels say only what sounds somewhere

    std::int64_t examples() const { return of_steps() ? states.size(0) : classes.size(0); }
    bool of_steps() const { return states.defined() && states.dim() == 3; }
    /// What network::Answer::loss() compares with.
    const torch::Tensor& wanted() const { return states.defined() ? states : classes; }
};

/// [n]: TrainingSet::label_of().
torch::Tensor classes_of(const TrainingSet& set, const Rows& examples);
/// @param independent  Answer::independent()
Truth truth_of(const TrainingSet& set, const Rows& examples, bool independent);
/// Of the examples of a batch of drawn windows. @param bag  how many of each example
Truth truth_of(const TrainingSet& set, const WindowBatch& batch, std::int64_t bag, bool independent);

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
