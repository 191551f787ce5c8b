#include <fmt/format.h>

#include "network/architectures/architectures.h"

namespace earshot::network {
namespace {

void fill_separable(NetworkOptions& options) {
    if (!options.channels) options.channels = {16, 32, 64, 64};
    if (!options.units) options.units = 64;
}

void add_conv(Graph& graph, const std::string& name, const op::Conv& conv) {
    graph.then(conv, name);
    graph.then(op::BatchNorm{}, name + "_norm");
    add_relu(graph);
}

/// A convolution 3 x 3 in two: over time and bands of each channel for itself, then over channels at each
/// place (Howard et al., MobileNets, 2017). The first of `channels` is a whole convolution. All but the last
/// halve time and bands; the rest is as for cnn.
void build_separable(Graph& graph, const NetworkOptions& options) {
    const auto& channels = *options.channels;
    op::Conv spatial{.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}, .bias = false};
    spatial.channels = channels.front();
    add_conv(graph, "stem", spatial);
    for (std::size_t i = 1; i < channels.size(); ++i) {
        spatial.channels = spatial.groups = channels[i - 1];
        if (i + 1 == channels.size()) spatial.stride = {1, 1};
        add_conv(graph, fmt::format("depthwise_{}", i), spatial);
        add_conv(graph, fmt::format("pointwise_{}", i),
                 {.channels = channels[i], .kernel = {1, 1}, .bias = false});
    }
    add_mix(graph, options);
}

}  // namespace

Architecture separable_architecture() {
    return {"separable", {"channels", "units", "dropout"}, fill_separable, build_separable, true, true};
}

}  // namespace earshot::network
