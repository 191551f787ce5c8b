#pragma once

#include <string>
#include <utility>
#include <vector>

#include "network/torch/libtorch.h"
#include "network/weights.h"

namespace earshot::npz {
class NpzReader;
}

namespace earshot::network {

/// Tensors by name, float32 or int64. They share memory with their owners.
using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// The tensor of a name. @throws Error if there is none
torch::Tensor tensor_of(const NamedTensors& tensors, const std::string& name);

/// Copies values between two lists that have the same names and shapes in the same order.
void copy_tensors(const NamedTensors& from, const NamedTensors& to);
NamedTensors clone_tensors(const NamedTensors& tensors);

/// Writes an uncompressed NPZ with an array per tensor. Equal tensors give equal bytes.
void save_tensors(const NamedTensors& tensors, const std::string& path);
/// The same in fewer bits, as save_weights(): the tensors of a graph.
void save_tensors(const NamedTensors& tensors, const std::string& path, const Graph& graph,
                  Precision precision);

/// Rounds the tensors of a graph to what save_tensors() writes of them.
void round_tensors(const NamedTensors& tensors, const Graph& graph, Precision precision);

/// Fills tensors from an NPZ. Checks the names, types and shapes of its arrays before it reads any value.
/// @throws Error that names the file and the first array that is missing, unexpected, of the wrong type or
/// shape, or holds a value that is not finite
void load_tensors(const NamedTensors& tensors, const std::string& path);
void load_tensors(const NamedTensors& tensors, const npz::NpzReader& file);

}  // namespace earshot::network
