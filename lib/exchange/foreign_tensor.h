#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "network/ops.h"

namespace earshot::exchange {

using network::Shape;

/// Numbers that a file holds.
struct Array {
    std::vector<float> values;
    std::vector<std::int64_t>
        whole;  // of whole numbers, the same once more: shapes and axes are computed with
};

/// A value in a network of another program: computed by a node of our graph, or numbers of the file.
struct ForeignTensor {
    Shape shape;  // as the file has it, that is with the dimension of windows, which is 1
    std::optional<std::size_t> node{};
    bool channels_first = false;  // of a node: [C, H, W], though the file says [1, H, W, C]
    std::shared_ptr<const Array> array{};

    bool is_constant() const { return array != nullptr; }
};

/// A name from a stranger's file as messages may show it: short, and without control characters.
std::string shown_name(const std::string& name);
std::string shape_text(const Shape& shape);

/// Whole numbers as a tensor of a file has them.
ForeignTensor whole_tensor(std::vector<std::int64_t> numbers, Shape shape);

/// The whole numbers of a tensor that the file gives: a shape, axes. Those beyond 2^40 are as good as that:
/// some programs mean "to the end" by the largest number.
/// @throws Error if it is computed, or has other numbers
Shape whole_numbers(const ForeignTensor& tensor);

/// The product of sizes that a file gives.
/// @throws Error for sizes below 0 and for more than Graph::kMaxWeights values
std::int64_t checked_values(const Shape& shape);

}  // namespace earshot::exchange
