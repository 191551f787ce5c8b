#pragma once

#include <string>
#include <utility>
#include <vector>

#include "network/torch/network.h"

namespace earshot::network {

/// Tensors by name, float32 or int64. They share memory with their owners.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Every parameter and buffer of a network.
NamedTensors named_tensors(const Network& network);

/// Copies values between two lists that have the same names and shapes in the same order.
void copy_tensors(const NamedTensors& from, const NamedTensors& to);
NamedTensors clone_tensors(const NamedTensors& tensors);

/// Writes an uncompressed NPZ with an array per tensor. Equal tensors give equal bytes.
void save_tensors(const NamedTensors& tensors, const std::string& path);

/// Fills tensors from an NPZ. Checks the names, types and shapes of its arrays before it reads any value.
/// @throws Error that names the file and the first array that is missing, unexpected, of the wrong type or
/// shape, or holds a value that is not finite
void load_tensors(const NamedTensors& tensors, const std::string& path);

/// Builds the network and fills it from weights.npz. Checks that the file fits the architecture before it
/// allocates the network. @throws Error like make_network and load_tensors
std::shared_ptr<Network> load_network(const nlohmann::ordered_json& architecture, const std::string& path);

}  // namespace earshot::network
