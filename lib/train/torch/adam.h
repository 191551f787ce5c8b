#pragma once

#include <functional>
#include <string>

#include "network/torch/tensors.h"

namespace earshot::train {

/// Adam (Kingma and Ba, ICLR 2015, algorithm 1) with the weight decay of AdamW (Loshchilov and Hutter, ICLR
/// 2019, algorithm 2). LibTorch's own is not used because the interface to save and restore its state by name
/// differs between versions.
class Adam {
 public:
    /// @param parameters  to be learnt, with gradients
    /// @param share  of the learning rate, for each parameter
    Adam(
        const network::NamedTensors& parameters, double weight_decay,
        const std::function<double(const std::string&)>& share = [](const std::string&) { return 1.0; });

    /// Adds the gradient of a loss, a tensor with one element, to the gradient for the next step.
    static void add(const torch::Tensor& loss) { loss.backward(); }

    /// Steps against the sum of gradients since the last step, divided by `weight`. The norm of this gradient
    /// over all parameters is limited to `clip`; 0: no limit.
    void step(double weight, double learning_rate, double clip);

    /// Everything except the weights that the next step depends on: adam.step, adam.mean.NAME,
    /// adam.square.NAME.
    network::NamedTensors state() const;

 private:
    struct Moments {
        std::string name;
        torch::Tensor weights, mean, square;  // square: of the gradient, uncentred
        double share;                         // of the learning rate
    };
    struct Rates {
        float share;         // factor for the gradient
        float rate;          // step size, corrected for the mean that starts at zero
        float square_scale;  // factor for the root of squares, likewise corrected
        float kept;          // fraction of the weights that remains after decay
    };
    static void step_in_one_pass(Moments& moments, const torch::Tensor& gradient, const Rates& rates);
    static void step_by_operations(Moments& moments, const torch::Tensor& gradient, const Rates& rates);

    double weight_decay_;
    std::vector<Moments> moments_;
    torch::Tensor step_;  // int64, steps made
};

}  // namespace earshot::train
