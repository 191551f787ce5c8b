#include "network/torch/nearest_examples.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace earshot::network {
namespace {

torch::Tensor largest_mean(const torch::Tensor& cosines, std::int64_t most) {
    return std::get<0>(cosines.topk(std::min(most, cosines.size(1)), 1)).mean(1);
}

}  // namespace

torch::Tensor mean_of_largest(const torch::Tensor& cosines, std::span<const std::int64_t> sizes,
                              std::int64_t nearest) {
    std::vector<torch::Tensor> columns;
    std::int64_t first = 0;
    for (const auto size : sizes) {
        columns.push_back(largest_mean(cosines.narrow(1, first, size), nearest));
        first += size;
    }
    return torch::stack(columns, 1);
}

TypicalLikeness typical_likeness(const torch::Tensor& examples, std::span<const std::int64_t> sizes,
                                 std::int64_t nearest) {
    double own = 0, other = 0, twofold = 0;
    std::int64_t first = 0;
    for (std::size_t c = 0; c < sizes.size(); ++c) {
        const auto size = sizes[c];
        const auto cosines = examples.narrow(0, first, size).mm(examples.t());
        auto others = mean_of_largest(cosines, sizes, nearest);
        others.select(1, static_cast<std::int64_t>(c)).fill_(-INFINITY);
        other += others.amax(1).mean().item<double>() / static_cast<double>(sizes.size());
        if (size > 1) {
            // Without itself, which is as alike as can be.
            const auto among = cosines.narrow(1, first, size).clone().fill_diagonal_(-INFINITY);
            own += largest_mean(among, std::min(nearest, size - 1)).mean().item<double>();
            ++twofold;
        }
        first += size;
    }
    return {twofold > 0 ? own / twofold : (1 + other) / 2, other};
}

}  // namespace earshot::network
