#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "model/torch/libtorch.h"

namespace earshot {

/// Windows in, one logit a class out. Input layers (compression, standardisation) are part of the network, so
/// that it takes frames as the front end made them and its weights file holds all that was fitted.
class Network : public torch::nn::Module {
 public:
    /// Yields float32 tensors [n, window_values()], and an undefined one at the end.
    using WindowStream = std::function<torch::Tensor()>;

    virtual std::int64_t window_values() const = 0;
    virtual std::int64_t classes() const = 0;

    /// @param windows  float32 [n, window_values()]
    /// @return  logits [n, classes()]
    virtual torch::Tensor forward(const torch::Tensor& windows) = 0;

    /// Fits what gradient descent does not learn, such as standardisation, to the training windows.
    virtual void fit_input(const WindowStream& windows) = 0;
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
