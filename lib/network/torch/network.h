#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "network/torch/answer.h"
#include "network/torch/discriminant.h"
#include "network/torch/input_layer.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

/// Windows in, logits out. Input layers (compression, standardisation) are part of the network, so that it
/// takes frames as the front end made them and its weights file holds all that was fitted.
class Network : public torch::nn::Module {
 public:
    explicit Network(const nlohmann::ordered_json& architecture);

    std::int64_t window_values() const { return input_->shape().values(); }
    const Answer& answer() const { return answer_; }

    /// @param windows  float32 [n, window_values()]
    /// @return  logits [n, answer().outputs()], where the network is
    torch::Tensor forward(const torch::Tensor& windows) { return output_(embed(windows)); }

    /// The same once all is learnt, of each window as it is and at the other paces and pitches that it shall
    /// be heard at: NetworkOptions.
    torch::Tensor hear(const torch::Tensor& windows);

    /// To a device; but for the input layer, which stays on the processor, where frames are read.
    void move_to(torch::Device device);

    /// Whether its products are large enough to be faster in bfloat16 where the processor has instructions
    /// for that: a small dense network gets slower.
    virtual bool gains_from_bfloat16() const { return false; }

    /// Fits what gradient descent does not learn, such as standardisation, to the training windows.
    void fit_input(const WindowStream& windows) { input_->fit(windows); }

    /// Whether the last layer is fitted by linear discriminant analysis, once the others have learnt.
    bool discriminant() const { return discriminant_; }
    /// Whether there are other layers that learn.
    bool learns() const;
    /// Fits the last layer to windows and their classes. Its outputs are then the discriminant functions,
    /// shifted and scaled all alike: the middle between a window of the class and one of that class of the
    /// others which is most like it is, in the mean over classes, at 0, and the former at kOwnClass.
    void fit_output(const LabelledStream& windows, bool balanced);
    static constexpr double kOwnClass = 2;  // a score of 0.88

 protected:
    /// The layers that learn but the last. @param features  [n, planes, steps, bands]  @return  [n, width]
    virtual torch::Tensor embedding(const torch::Tensor& features) = 0;

    /// The last layer, registered as "output": to be called once, after all others are registered.
    void add_output(std::int64_t width);

    const InputLayer& input() const { return *input_; }

 private:
    torch::Tensor at_pace(const torch::Tensor& windows, double factor) const;
    torch::Tensor at_pitch(const torch::Tensor& windows, double factor) const;
    torch::Tensor embed(const torch::Tensor& windows) {
        return embedding(input_->forward(windows).to(output_->weight.device()));
    }

    Answer answer_;
    bool discriminant_;
    std::optional<double> shrinkage_;  // nothing: estimated
    double paces_, pitches_;
    std::shared_ptr<InputLayer> input_;
    torch::nn::Linear output_{nullptr};
};

/// Builds the network that an architecture describes, `{"kind": "mlp", ...}`, with random weights of
/// LibTorch's generator. Sizes are validated, and their product bounded by kMaxWeights, before memory is
/// taken.
/// @throws Error for unknown kinds, missing or out-of-range settings
std::shared_ptr<Network> make_network(const nlohmann::ordered_json& architecture);

/// Numbers that weights.npz must hold for an architecture; validates it like make_network, takes no memory.
std::int64_t weight_count(const nlohmann::ordered_json& architecture);

constexpr std::int64_t kMaxWeights = std::int64_t{1} << 27;  // 512 MiB of float32

}  // namespace earshot::network
