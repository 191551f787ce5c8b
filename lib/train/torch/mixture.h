#pragma once

#include <cstdint>

#include "network/torch/libtorch.h"
#include "train/random.h"

namespace earshot::train {

/// Windows of a batch mixed with others of it (mixup: Zhang et al., ICLR 2018).
struct Mixture {
    double share;         // that each window keeps, at least half
    torch::Tensor other;  // index of the example that gives the rest

    /// @param shape  a of the distribution Beta(a, a) of the share, in (0, 1]
    Mixture(double shape, std::int64_t examples, Random& random);

    /// @param values  [examples, ...]
    torch::Tensor mixed(const torch::Tensor& values) const {
        return values * share + values.index_select(0, other) * (1 - share);
    }
};

}  // namespace earshot::train
