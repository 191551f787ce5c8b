#pragma once

#include <span>
#include <vector>

#include "network/graph.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

/// Nodes of a graph, each of which works on the one before it and nothing else needs what they compute, but
/// for the last.
struct Chain {
    const Graph& graph;
    std::size_t first, count;                                    // nodes
    std::span<const std::vector<torch::Tensor>> weights_of_all;  // nodes of the graph
    bool training;

    /// The operation of the i-th node if there is one and it is of this kind, else null.
    template <class Kind>
    const Kind* get(std::size_t i) const {
        return i < count ? std::get_if<Kind>(&graph[first + i].op) : nullptr;
    }
    std::span<const torch::Tensor> weights(std::size_t i) const { return weights_of_all[first + i]; }
};

/// Computes the beginning of a chain at once where that is faster than node by node: the same result but for
/// rounding.
/// @param value  what the first node works on; becomes the result
/// @return  how many nodes that were, 0 for none, which leaves `value` alone
std::size_t take_shortcut(const Chain& chain, torch::Tensor& value);

}  // namespace earshot::network
