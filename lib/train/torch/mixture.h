#pragma once

#include <cstdint>

#include "network/torch/libtorch.h"
#include "train/random.h"

namespace earshot::train {

/// Mixes the windows of a batch with each other (mixup: Zhang et al., ICLR 2018).
struct Mixture {
    double share;         // weight of the window itself, at least 0.5
    torch::Tensor other;  // index of the example that it is mixed with

    /// @param shape  a, in (0, 1]; the weight is drawn from Beta(a, a)
    Mixture(double shape, std::int64_t examples, Random& random);

    /// @param values  [examples, ...]
    torch::Tensor mixed(const torch::Tensor& values) const {
        return values * share + values.index_select(0, other) * (1 - share);
    }
};

}  // namespace earshot::train
