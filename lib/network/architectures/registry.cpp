#include <fmt/format.h>

#include <algorithm>

#include "network/architectures/architectures.h"
#include "support/error.h"

namespace earshot::network {

std::span<const Architecture> architectures() {
    static const std::vector<Architecture> kinds{
        mlp_architecture(),    cnn_architecture(),       separable_architecture(), attention_architecture(),
        tcn_architecture(),    temporal_architecture(),  ears_architecture(),      ears_events_architecture(),
        linear_architecture(), neighbours_architecture()};
    return kinds;
}

const Architecture& find_architecture(std::string_view kind) {
    const auto found = std::ranges::find(architectures(), kind, &Architecture::kind);
    if (found != architectures().end()) return *found;
    std::string known;
    for (const Architecture& each : architectures())
        known += fmt::format("{}{}", known.empty() ? "" : ", ", each.kind);
    throw Error(fmt::format(
        "architecture: no network of kind '{}' (known: {}; perhaps a newer earshot wrote it)", kind, known));
}

void fill_nothing(NetworkOptions&) {}

void add_relu(Graph& graph) { graph.then(op::Pointwise{op::Pointwise::Function::relu}); }

void add_dropout(Graph& graph, double fraction) {
    if (fraction > 0) graph.then(op::Dropout{fraction});
}

void add_mix(Graph& graph, const NetworkOptions& options) {
    graph.then(op::Transpose{{1, 0, 2}});  // [time, channels, bands]
    const Shape shape = graph.shape();
    graph.then(op::Reshape{{shape[0], shape[1] * shape[2]}});
    graph.then(op::Linear{*options.units}, "mix");
    add_relu(graph);
    graph.then(op::Reduce{op::Reduce::Kind::max, {0}});
    add_dropout(graph, options.dropout);
}

void add_dense_layers(Graph& graph, std::span<const std::int64_t> units, double dropout) {
    int i = 0;
    for (const auto size : units) {
        graph.then(op::Linear{size}, fmt::format("dense_{}", ++i));
        add_relu(graph);
        add_dropout(graph, dropout);
    }
}

}  // namespace earshot::network
