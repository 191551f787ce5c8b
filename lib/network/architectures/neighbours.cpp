#include <algorithm>

#include "network/architectures/architectures.h"

namespace earshot::network {
namespace {

/// More directions did no better with the vectors of two networks on two sets of recordings, and examples
/// would take more space.
constexpr std::int64_t kWhitened = 64;

void fill_neighbours(NetworkOptions& options) {
    if (!options.nearest) options.nearest = 5;
}

/// Features in which what varies within a label counts for little, with a length of 1, so that their products
/// with others are cosines.
void build_unit(Graph& graph, const NetworkOptions&) {
    constexpr double kLeast = 1e-12;  // of the square of a length
    using Function = op::Pointwise::Function;
    const std::int64_t values = values_of(graph.shape());
    graph.then(op::Reshape{{values}});
    const auto features = graph.then(op::Linear{std::min(values, kWhitened)}, kWhitening);
    graph.then(op::Pointwise{Function::square});
    graph.then(op::Reduce{op::Reduce::Kind::sum, {0}, true});
    graph.then(op::Affine{.low = kLeast});
    const auto length = graph.then(op::Pointwise{Function::sqrt});
    graph.add("", op::Binary{op::Binary::Function::divide}, {features, length});
}

}  // namespace

Architecture neighbours_architecture() {
    return {.kind = "neighbours",
            .settings = {"nearest"},
            .fill = fill_neighbours,
            .build = build_unit,
            .gains_from_bfloat16 = false,
            .summarises = true};
}

}  // namespace earshot::network
