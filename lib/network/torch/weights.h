#pragma once

#include <string>
#include <utility>
#include <vector>

#include "network/torch/network.h"

namespace earshot::network {

/// Tensors by name, sharing their memory with whoever owns them. float32 or int64.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Every parameter and buffer of a network.
NamedTensors named_tensors(const Network& network);

/// Copies values between two lists with the same names and shapes in the same order.
void copy_tensors(const NamedTensors& from, const NamedTensors& to);
NamedTensors clone_tensors(const NamedTensors& tensors);

/// Writes an uncompressed NPZ, an array a tensor; equal tensors make equal bytes.
void save_tensors(const NamedTensors& tensors, const std::string& path);

/// Fills tensors from an NPZ. Names, types and shapes in its directory are compared before any value is read.
/// @throws Error naming the file and the first array that is missing, left over, or of another type or shape,
/// or that holds a value which is not finite
void load_tensors(const NamedTensors& tensors, const std::string& path);

/// Builds the network and fills it from weights.npz, whose directory must fit the architecture before memory
/// is taken for the network. @throws Error as make_network and load_tensors
std::shared_ptr<Network> load_network(const nlohmann::ordered_json& architecture, const std::string& path);

}  // namespace earshot::network
