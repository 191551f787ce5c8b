#pragma once

#include "model/torch/weights.h"

namespace earshot {

/// Adam (Kingma and Ba, ICLR 2015, algorithm 1) with the weight decay of AdamW (Loshchilov and Hutter, ICLR
/// 2019, algorithm 2). Ours rather than LibTorch's because its state must be saved by name and put back, for
/// which LibTorch's interface differs from version to version.
class Adam {
 public:
    Adam(Network& network, double weight_decay);

    /// One step against the gradient of a loss, a tensor with one element.
    void step(const torch::Tensor& loss, double learning_rate);

    /// Everything that the next step depends on besides the weights: adam.step, adam.mean.NAME,
    /// adam.square.NAME.
    NamedTensors state() const;

 private:
    static constexpr double kMeanDecay = 0.9, kSquareDecay = 0.999, kEpsilon = 1e-8;

    struct Moments {
        std::string name;
        torch::Tensor weights, mean, square;  // square: of the gradient, not centred
    };
    double weight_decay_;
    std::vector<Moments> moments_;
    torch::Tensor step_;  // int64, steps made
};

}  // namespace earshot
