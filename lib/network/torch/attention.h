#pragma once

#include "network/torch/network.h"

namespace earshot::network {

/// Convolutions over time that shorten a sequence, then attention over all of it:
///
///   each of `channels`: convolution of 3 steps with its of `strides`, batch normalisation, ReLU, maximum of
///   each 2 self-attention of `heads` over the steps that remain, the mean over them dense layers of `hidden`
///   units, ReLU and dropout after each; a dense layer to the outputs
///
/// A window of several frames is a sequence of frames, whose bands are channels; a single frame is a sequence
/// of its values, as is right for the front end waveform.
///
/// {"kind": "attention", "inputs": D, "frames": K, "input": {...}, "channels": [64, 128, 256], "strides": [1,
/// 2, 2],
///  "heads": 8, "hidden": [512, 256], "dropout": p, "classes": C, "answer": "softmax"}
/// Parameters: input.mean, input.deviation where data standardise; conv_1.weight [C1, planes, 3],
/// conv_1.bias; conv_1_norm.weight, .bias, .running_mean, .running_var [C1], .num_batches_tracked, ...;
/// attention.in_proj_weight [3 Cn, Cn] (queries, keys, values), attention.in_proj_bias,
/// attention.out_proj.weight [Cn, Cn], .bias; dense_1.weight [H1, Cn], .bias, ...; output.weight, .bias.
std::shared_ptr<Network> make_attention(const nlohmann::ordered_json& architecture);

std::int64_t attention_weight_count(const nlohmann::ordered_json& architecture);

}  // namespace earshot::network
