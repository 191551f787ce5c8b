#pragma once

#include "network/torch/network.h"

namespace earshot::network {

/// Dense layers over a whole window:
/// {"kind": "mlp", "inputs": D, "frames": K, "input": {...}, "layer_norm": true, "hidden": [512, 256],
///  "dropout": p, "classes": C, "answer": "sigmoid"}
/// Parameters: input.mean, input.deviation with standardise "data"; norm.weight, norm.bias [features] with
/// layer_norm; dense_1.weight [H1, features], dense_1.bias [H1], ...; output.weight [outputs, Hn],
/// output.bias.
std::shared_ptr<Network> make_mlp(const nlohmann::ordered_json& architecture);

std::int64_t mlp_weight_count(const nlohmann::ordered_json& architecture);

}  // namespace earshot::network
