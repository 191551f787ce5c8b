#pragma once

#include <cstdint>
#include <span>

#include "network/torch/libtorch.h"

namespace earshot::network {

/// How alike rows are to examples of each class: for each class, the mean of the `nearest` largest of their
/// cosines, or of all where a class has fewer.
/// @param cosines  [n, examples], those of a class beside each other
/// @param sizes    examples of each class, 1 or more
/// @return  [n, classes]
torch::Tensor mean_of_largest(const torch::Tensor& cosines, std::span<const std::int64_t> sizes,
                              std::int64_t nearest);

/// The same for the examples themselves, averaged over the examples of each class and then over classes: with
/// the other examples of their own class, and with those of the most similar other class.
struct TypicalLikeness {
    double own, other;
};
/// @param examples  [n, F], each of length 1, class by class. If no class has two of them, `own` is halfway
///                  between `other` and 1
TypicalLikeness typical_likeness(const torch::Tensor& examples, std::span<const std::int64_t> sizes,
                                 std::int64_t nearest);

}  // namespace earshot::network
