#include <fmt/format.h>

#include "network/architectures/architectures.h"

namespace earshot::network {
namespace {

void fill_cnn(NetworkOptions& options) {
    if (!options.channels) options.channels = {16, 32, 48};
    if (!options.units) options.units = 64;
}

/// Convolutions over time and bands, for sounds at any time within a window: each of `channels` is a
/// convolution 3 x 3 with stride 2 over both, batch normalisation and ReLU; then a dense layer over all bands
/// of each remaining step, and the maximum over time.
void build_cnn(Graph& graph, const NetworkOptions& options) {
    int i = 0;
    for (const auto channels : *options.channels) {
        const auto name = fmt::format("conv_{}", ++i);
        graph.then(op::Conv{.channels = channels,
                            .kernel = {3, 3},
                            .stride = {2, 2},
                            .padding = {1, 1, 1, 1},
                            .bias = false},
                   name);
        graph.then(op::BatchNorm{}, name + "_norm");
        add_relu(graph);
    }
    add_mix(graph, options);
}

}  // namespace

Architecture cnn_architecture() {
    return {"cnn", {"channels", "units", "dropout"}, fill_cnn, build_cnn, true, true};
}

}  // namespace earshot::network
