#include "network/architectures/architectures.h"

namespace earshot::network {
namespace {

/// No layer but the last.
void build_nothing(Graph& graph, const NetworkOptions&) {
    graph.then(op::Reshape{{values_of(graph.shape())}});
}

}  // namespace

Architecture linear_architecture() {
    return {.kind = "linear",
            .settings = {},
            .fill = fill_nothing,
            .build = build_nothing,
            .gains_from_bfloat16 = false,
            .summarises = true};
}

}  // namespace earshot::network
