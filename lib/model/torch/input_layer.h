#pragma once

#include "model/architecture.h"
#include "model/torch/network.h"

namespace earshot {

Compression read_compression(const nlohmann::ordered_json& settings);  // {"compress": ..., "floor": ...}
nlohmann::ordered_json write_compression(const Compression& compression);

/// Compression, then (x - mean) / deviation with a mean and deviation for each value of a frame.
/// Buffers `mean` and `deviation`, float32 [values]; 0 and 1 until fitted.
class InputLayer : public torch::nn::Module {
 public:
    InputLayer(std::int64_t values, const Compression& compression);

    torch::Tensor forward(const torch::Tensor& windows) const;  // [n, values] to the same

    /// Mean and deviation (of the population) of the compressed windows, summed in double precision.
    /// A value that never varies gets deviation 1, so that it contributes nothing rather than noise blown up.
    void fit(const Network::WindowStream& windows);

 private:
    torch::Tensor compress(const torch::Tensor& windows) const;

    Compression compression_;
    torch::Tensor mean_, deviation_;
};

}  // namespace earshot
