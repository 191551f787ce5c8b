#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "network/graph.h"

namespace earshot::npz {
class NpzReader;
}

namespace earshot::network {

/// The arrays of a graph by name, as float32.
class Weights {
 public:
    Weights() = default;

    /// Reads weights.npz: float32, or float16 where that was asked for when it was written. Names, types and
    /// shapes are checked before any value is read. Counters, which only training needs, are checked and left
    /// out.
    /// @throws Error that names the file and the first array that is missing, unexpected, of the wrong type
    /// or shape, or holds a value that is not finite
    static Weights read(const Graph& graph, const std::string& path);

    void set(std::string name, std::vector<float> values) { arrays_[std::move(name)] = std::move(values); }
    /// @throws Error if there is no such array
    std::span<const float> operator[](std::string_view name) const;

 private:
    std::map<std::string, std::vector<float>, std::less<>> arrays_;
};

/// Checks that a file has exactly the arrays of a graph, with their types and shapes.
/// @throws Error as Weights::read
void check_weights(const npz::NpzReader& file, std::span<const WeightSpec> specs);

}  // namespace earshot::network
