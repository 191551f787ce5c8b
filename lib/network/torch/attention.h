#pragma once

#include "network/torch/network.h"

namespace earshot::network {

/// Convolutions over time that shorten a sequence, then attention over all of it:
///
///   for each of `channels`: convolution of 3 steps with the matching one of `strides`, batch normalisation,
///   ReLU, maximum of each 2 steps;
///   self-attention of `heads` over the remaining steps, averaged over them;
///   dense layers of `hidden` units, each followed by ReLU and dropout; a dense layer to the outputs
///
/// A window of several frames is a sequence of frames, whose bands are channels; a single frame is a sequence
/// of its values, which suits the front end waveform.
///
/// {"kind": "attention", "inputs": D, "frames": K, "input": {...}, "channels": [64, 128, 256], "strides": [1,
/// 2, 2],
///  "heads": 8, "hidden": [512, 256], "dropout": p, "classes": C, "answer": "softmax"}
/// Parameters: input.mean, input.deviation with standardise "data"; conv_1.weight [C1, planes, 3],
/// conv_1.bias; conv_1_norm.weight, .bias, .running_mean, .running_var [C1], .num_batches_tracked, ...;
/// attention.in_proj_weight [3 Cn, Cn] (queries, keys, values), attention.in_proj_bias,
/// attention.out_proj.weight [Cn, Cn], .bias; dense_1.weight [H1, Cn], .bias, ...; output.weight, .bias.
std::shared_ptr<Network> make_attention(const nlohmann::ordered_json& architecture);

std::int64_t attention_weight_count(const nlohmann::ordered_json& architecture);

}  // namespace earshot::network
