#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "network/graph.h"
#include "support/setting.h"

namespace earshot::npz {
class NpzReader;
class NpzWriter;
}  // namespace earshot::npz

namespace earshot::network {

/// The arrays of a graph by name, as float32.
class Weights {
 public:
    Weights() = default;

    /// Reads weights.npz, in any Precision. Names, types and shapes are checked before any value is read.
    /// Counters, which only training needs, are checked and left out.
    /// @throws Error that names the file and the first array that is missing, unexpected, of the wrong type
    /// or shape, or holds a value that is not finite
    static Weights read(const Graph& graph, const std::string& path);
    /// The same from a file that has one more array. @param other  its name; empty if there is none
    static Weights read(const Graph& graph, const npz::NpzReader& file, std::string_view other);

    void set(std::string name, std::vector<float> values) { arrays_[std::move(name)] = std::move(values); }
    /// Empty if there is no such array
    std::span<const float> find(std::string_view name) const;
    /// @throws Error if there is no such array
    std::span<const float> operator[](std::string_view name) const;

 private:
    std::map<std::string, std::vector<float>, std::less<>> arrays_;
};

/// How weights.npz has the parameters. Statistics and counters are float32 and int64 in each.
///   float16  rounded to 11 significant bits; float32 where an array has a number too large for it
///   int8     arrays of two dimensions or more (matrices and kernels) as Quantised, with a float32 array
///            NAME.scale [NAME.shape[0]]; the others, which are small, as float32
enum class Precision { float32, float16, int8 };

/// One of float32, float16 and int8, as people write it.
SettingValue precision_in(Precision& precision);

/// An array as whole numbers from -127 to 127, and what 1 stands for in each output channel (the first
/// dimension). A weight is off by half a scale at most, 1/254 of the largest of its channel.
struct Quantised {
    std::vector<std::int8_t> values;
    std::vector<float> scales;
};
/// @param values  [channels, any]
Quantised quantised(std::span<const float> values, std::size_t channels);

/// Writes weights.npz, whole or not at all. Counters, which only training looks at, are 0 in it.
/// @param path  `-` is standard output
/// @throws Error if the weights lack an array of the graph, WriteError if the file cannot be written
void save_weights(const Graph& graph, const Weights& weights, const std::string& path, Precision precision);

/// Writes the arrays alone, into a file that may hold more. @throws Error as save_weights
void add_weights(npz::NpzWriter& writer, const Graph& graph, const Weights& weights, Precision precision);

/// An array as it comes back once save_weights() wrote it.
std::vector<float> rounded(const WeightSpec& spec, std::span<const float> values, Precision precision);

/// The same of all parameters and statistics of a graph. @throws Error if the weights lack one
Weights rounded(const Graph& graph, const Weights& weights, Precision precision);

/// Checks that a file has exactly the arrays of a graph, with their types and shapes.
/// @param other  one that it has beside them; empty if there is none
/// @throws Error as Weights::read
void check_weights(const npz::NpzReader& file, std::span<const WeightSpec> specs,
                   std::string_view other = {});

/// The numbers of an array of a file that was checked, int8 multiplied by its scale.
/// @throws Error if one is not finite
std::vector<float> read_array(const npz::NpzReader& file, const WeightSpec& spec);

}  // namespace earshot::network
