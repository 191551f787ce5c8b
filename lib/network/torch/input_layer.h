#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "network/architecture.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

/// Returns float32 tensors [n, K·D], then an undefined one at the end.
using TensorStream = std::function<torch::Tensor()>;

/// The shape of a window before and after the input layer.
struct InputShape {
    std::int64_t frames = 1, bands = 1;  // K, D
    std::int64_t deltas = 0;             // planes of differences
    bool deviation = false;              // whether the last plane is the deviation within each stretch
    std::int64_t steps = 1;              // stretches of time
    std::int64_t planes() const { return feature_planes(deltas, deviation); }
    std::int64_t values() const { return frames * bands; }
    std::int64_t features() const { return planes() * steps * bands; }
};

/// Reads {"frames": K, "inputs": D, "input": {"deltas": 2, "pool": 50, "deviation": true, ...}}. Defaults: K
/// is 1, deltas 0, pool K. @throws Error if a value is out of range
InputShape input_shape(const nlohmann::ordered_json& architecture);

/// Does what InputOptions describes to many windows at once.
/// Has buffers `mean` and `deviation`, float32 [planes * bands], with standardise "data"; 0 and 1 until
/// fitted.
class InputLayer : public torch::nn::Module {
 public:
    explicit InputLayer(const nlohmann::ordered_json& architecture);

    const InputShape& shape() const { return shape_; }
    /// How many numbers it has in the weights file.
    static std::int64_t weight_count(const nlohmann::ordered_json& architecture);

    /// @param windows  [n, K·D]   @return  [n, planes, steps, bands]
    torch::Tensor forward(const torch::Tensor& windows) const;

    /// Fits mean and deviation (of the population) of the features; sums are in double precision. A value
    /// that never varies gets deviation 1, so that it contributes nothing instead of amplified noise. Does
    /// nothing if each window is standardised by itself.
    void fit(const TensorStream& windows);

 private:
    InputLayer(const InputShape& shape, const InputOptions& input);

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
    std::vector<std::int64_t> edges_;  // first frame of each step, and the end: steps + 1
    torch::Tensor mean_, deviation_;
};

}  // namespace earshot::network
