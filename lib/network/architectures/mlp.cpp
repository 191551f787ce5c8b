#include <algorithm>

#include "network/architectures/architectures.h"

namespace earshot::network {
namespace {

void fill_mlp(NetworkOptions& options) {
    if (options.hidden) return;
    const std::int64_t steps = options.input.pool > 0 ? options.input.pool : options.frames;
    const std::int64_t planes = feature_planes(options.input.deltas, options.input.deviation);
    const std::int64_t values = planes * steps * options.inputs;
    options.hidden = {2 * values, std::max<std::int64_t>(1, 3 * values / 4)};
}

/// Dense layers over all features, after a layer normalisation if asked for.
void build_mlp(Graph& graph, const NetworkOptions& options) {
    graph.then(op::Reshape{{values_of(graph.shape())}});
    if (options.layer_norm) graph.then(op::LayerNorm{}, "norm");
    add_dense_layers(graph, *options.hidden, options.dropout);
}

}  // namespace

Architecture mlp_architecture() { return {"mlp", {"hidden", "dropout"}, fill_mlp, build_mlp, false}; }

}  // namespace earshot::network
