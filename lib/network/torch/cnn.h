#pragma once

#include "network/torch/network.h"

namespace earshot::network {

/// Convolutions over time and bands, for sounds at any time within a window:
///
///   each of `channels`: convolution 3 x 3 with stride 2 over both, batch normalisation, ReLU
///   a dense layer of `units` over all bands of each remaining time step, ReLU
///   the maximum over time, dropout, a dense layer to the outputs
///
/// {"kind": "cnn", "inputs": D, "frames": K, "input": {...}, "channels": [16, 32, 48], "units": 64,
/// "dropout": p,
///  "classes": C, "answer": "sigmoid"}
/// Parameters: input.mean, input.deviation with standardise "data"; conv_1.weight [C1, planes, 3, 3] and
/// conv_1_norm.weight, .bias, .running_mean, .running_var [C1], ...; mix.weight [units, Cn * bands],
/// mix.bias; output.weight [outputs, units], output.bias.
std::shared_ptr<Network> make_cnn(const nlohmann::ordered_json& architecture);

std::int64_t cnn_weight_count(const nlohmann::ordered_json& architecture);

}  // namespace earshot::network
