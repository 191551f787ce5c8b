#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "network/architecture.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

/// Yields float32 tensors [n, K·D], and an undefined one at the end.
using WindowStream = std::function<torch::Tensor()>;

/// A window before and after the input layer.
struct InputShape {
    std::int64_t frames = 1, bands = 1;  // K, D
    std::int64_t deltas = 0;             // planes of differences
    bool deviation = false;              // whether the last plane is the deviation within each stretch
    std::int64_t steps = 1;              // stretches of time
    std::int64_t planes() const { return feature_planes(deltas, deviation); }
    std::int64_t values() const { return frames * bands; }
    std::int64_t features() const { return planes() * steps * bands; }
};

/// The shape of {"frames": K, "inputs": D, "input": {"deltas": 2, "pool": 50, "deviation": true, ...}}, K
/// being 1, deltas 0 and pool K where they are missing. @throws Error for what is out of range
InputShape input_shape(const nlohmann::ordered_json& architecture);

/// What InputOptions describes, over many windows at once.
/// Buffers `mean` and `deviation`, float32 [planes * bands], where the training data standardise; 0 and 1
/// until fitted.
class InputLayer : public torch::nn::Module {
 public:
    explicit InputLayer(const nlohmann::ordered_json& architecture);

    const InputShape& shape() const { return shape_; }
    /// Numbers that it keeps in the weights file.
    static std::int64_t weight_count(const nlohmann::ordered_json& architecture);

    /// @param windows  [n, K·D]   @return  [n, planes, steps, bands]
    torch::Tensor forward(const torch::Tensor& windows) const;

    /// Mean and deviation (of the population) of the features, summed in double precision. A value that never
    /// varies gets deviation 1, so that it contributes nothing rather than noise blown up.
    /// Nothing where windows are standardised by themselves.
    void fit(const WindowStream& windows);

 private:
    enum class Standardise { data, window, mean, none };

    torch::Tensor compress(const torch::Tensor& windows) const;
    torch::Tensor limit_range(const torch::Tensor& windows) const;
    torch::Tensor features(const torch::Tensor& windows) const;
    void take_features(const float* frames, float* features) const;
    void standardise_window(float* plane, float* sums) const;

    InputShape shape_;
    Compression compression_;
    Range range_;
    Standardise standardise_;
    std::vector<std::int64_t> edges_;  // frames between the stretches of time, steps + 1
    torch::Tensor mean_, deviation_;
};

}  // namespace earshot::network
