#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "network/architecture.h"
#include "network/torch/answer.h"
#include "network/torch/discriminant.h"
#include "network/torch/input_layer.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

/// Windows in, logits out. The input layer (compression, standardisation) is part of the network, so it takes
/// frames from the front end unchanged, and its weights file holds everything that was fitted.
class Network : public torch::nn::Module {
 public:
    explicit Network(const nlohmann::ordered_json& architecture);

    std::int64_t window_values() const { return input_->shape().values(); }
    const Answer& answer() const { return answer_; }

    /// @param windows  float32 [n, window_values()]
    /// @return  logits [n, answer().outputs()], on the network's device
    torch::Tensor forward(const torch::Tensor& windows) { return output_(embed(windows)); }

    /// The same for a trained network. Combines the answers for each window as it is and at the other paces
    /// and pitches of NetworkOptions.
    torch::Tensor hear(const torch::Tensor& windows);

    /// Moves all but the input layer to a device. That layer stays on the CPU, where the frames are.
    void move_to(torch::Device device);

    /// Whether its products are large enough to be faster in bfloat16 if the CPU has instructions for it. A
    /// small dense network gets slower.
    virtual bool gains_from_bfloat16() const { return false; }

    /// Fits to the training windows what gradient descent doesn't learn, such as standardisation.
    void fit_input(const TensorStream& windows) { input_->fit(windows); }

    /// Whether linear discriminant analysis fits the last layer after the others are trained.
    bool discriminant() const { return discriminant_; }
    /// Whether any layer learns by gradient descent.
    bool learns() const;
    /// Fits the last layer to windows and their classes. Its outputs become the discriminant functions, all
    /// with the same shift and scale. On average over the classes, the output for a window of the class is
    /// kOwnClass, and that for a window of the most similar other class is -kOwnClass.
    void fit_output(const LabelledStream& windows, bool balanced);
    static constexpr double kOwnClass = 2;  // a score of 0.88

 protected:
    /// All layers that learn except the last. @param features  [n, planes, steps, bands]  @return  [n, width]
    virtual torch::Tensor embedding(const torch::Tensor& features) = 0;

    /// Registers the last layer as "output". Call it once, after all others are registered.
    void add_output(std::int64_t width);

    const InputLayer& input() const { return *input_; }

 private:
    Network(const nlohmann::ordered_json& architecture, const NetworkOptions& layers);
    torch::Tensor at_pace(const torch::Tensor& windows, double factor) const;
    torch::Tensor at_pitch(const torch::Tensor& windows, double factor) const;
    torch::Tensor embed(const torch::Tensor& windows) {
        return embedding(input_->forward(windows).to(output_->weight.device()));
    }

    Answer answer_;
    bool discriminant_;
    std::optional<double> shrinkage_;  // none: estimated
    double paces_, pitches_;
    std::shared_ptr<InputLayer> input_;
    torch::nn::Linear output_{nullptr};
};

/// Builds the network that an architecture describes, `{"kind": "mlp", ...}`, with random weights from
/// LibTorch's generator. Checks all sizes, and the number of weights against kMaxWeights, before it allocates
/// memory.
/// @throws Error for unknown kinds, missing or out-of-range settings
std::shared_ptr<Network> make_network(const nlohmann::ordered_json& architecture);

/// How many numbers weights.npz must hold for an architecture. Validates it like make_network but allocates
/// nothing.
std::int64_t weight_count(const nlohmann::ordered_json& architecture);

constexpr std::int64_t kMaxWeights = std::int64_t{1} << 27;  // 512 MiB of float32

}  // namespace earshot::network
