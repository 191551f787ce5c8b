#pragma once

#include "network/torch/weights.h"

namespace earshot::train {

/// Adam (Kingma and Ba, ICLR 2015, algorithm 1) with the weight decay of AdamW (Loshchilov and Hutter, ICLR
/// 2019, algorithm 2). Ours rather than LibTorch's because its state must be saved by name and put back, for
/// which LibTorch's interface differs from version to version.
class Adam {
 public:
    Adam(network::Network& network, double weight_decay);

    /// Adds the gradient of a loss, a tensor with one element, to what the next step goes against.
    static void add(const torch::Tensor& loss) { loss.backward(); }

    /// One step against the sum of gradients since the last one divided by `weight`, and shortened if its
    /// norm (over all parameters) is more than `clip`; 0: it is not.
    void step(double weight, double learning_rate, double clip);

    /// Everything that the next step depends on besides the weights: adam.step, adam.mean.NAME,
    /// adam.square.NAME.
    network::NamedTensors state() const;

 private:
    struct Moments {
        std::string name;
        torch::Tensor weights, mean, square;  // square: of the gradient, not centred
    };
    struct Rates {
        float share;         // of the gradient
        float rate;          // of steps, corrected for the mean's beginning at zero
        float square_scale;  // of the root of squares, likewise
        float kept;          // of the weights
    };
    static void step_in_one_pass(Moments& moments, const torch::Tensor& gradient, const Rates& rates);
    static void step_by_operations(Moments& moments, const torch::Tensor& gradient, const Rates& rates);

    double weight_decay_;
    std::vector<Moments> moments_;
    torch::Tensor step_;  // int64, steps made
};

}  // namespace earshot::train
