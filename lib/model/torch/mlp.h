#pragma once

#include "model/torch/network.h"

namespace earshot {

/// {"kind": "mlp", "inputs": D, "hidden": [2 D, 0.75 D], "classes": C, "dropout": p,
///  "input": {"compress": "log", "floor": 1e-5}}
/// Parameters: input.mean, input.deviation [D]; dense_1.weight [H1, D], dense_1.bias [H1], ...;
/// output.weight [C, Hn], output.bias [C].
std::shared_ptr<Network> make_mlp(const nlohmann::ordered_json& architecture);

std::int64_t mlp_weight_count(const nlohmann::ordered_json& architecture);

}  // namespace earshot
