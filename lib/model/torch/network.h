#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "model/torch/answer.h"
#include "model/torch/input_layer.h"
#include "model/torch/libtorch.h"

namespace earshot {

/// Windows in, logits out. Input layers (compression, standardisation) are part of the network, so that it takes
/// frames as the front end made them and its weights file holds all that was fitted.
class Network : public torch::nn::Module {
 public:
    explicit Network(const nlohmann::ordered_json& architecture);

    std::int64_t window_values() const { return input_->shape().values(); }
    const Answer& answer() const { return answer_; }

    /// @param windows  float32 [n, window_values()]
    /// @return  logits [n, answer().outputs()]
    torch::Tensor forward(const torch::Tensor& windows) { return learnt(input_->forward(windows)); }

    /// Fits what gradient descent does not learn, such as standardisation, to the training windows.
    void fit_input(const WindowStream& windows) { input_->fit(windows); }

 protected:
    /// The layers that learn. @param features  [n, planes, steps, bands]
    virtual torch::Tensor learnt(const torch::Tensor& features) = 0;

    const InputLayer& input() const { return *input_; }

 private:
    Answer answer_;
    std::shared_ptr<InputLayer> input_;
};

/// Builds the network that an architecture describes, `{"kind": "mlp", ...}`, with random weights of
/// LibTorch's generator. Sizes are validated, and their product bounded by kMaxWeights, before memory is
/// taken.
/// @throws Error for unknown kinds, missing or out-of-range settings
std::shared_ptr<Network> make_network(const nlohmann::ordered_json& architecture);

/// Numbers that weights.npz must hold for an architecture; validates it like make_network, takes no memory.
std::int64_t weight_count(const nlohmann::ordered_json& architecture);

constexpr std::int64_t kMaxWeights = std::int64_t{1} << 27;  // 512 MiB of float32

}  // namespace earshot
