#include <fmt/format.h>

#include "network/architectures/architectures.h"

namespace earshot::network {
namespace {

void fill_tcn(NetworkOptions& options) {
    if (!options.channels) options.channels = {16, 32, 64, 64};
    if (!options.units) options.units = 128;
    if (!options.dilations) options.dilations = {1, 2, 4, 8};
}

void add_normalised(Graph& graph, const std::string& name, const op::Conv& conv) {
    graph.then(conv, name);
    graph.then(op::BatchNorm{}, name + "_norm");
    add_relu(graph);
}

/// A temporal convolutional network (Bai, Kolter and Koltun, 2018). Each of `channels` is a convolution 3 x 3
/// with stride 2 over bands, the first over time too; then layers over time. None pads time: each step of the
/// answer sees the same frames around it, wherever the window was cut, and a window has as many steps as that
/// leaves.
void build_tcn(Graph& graph, const NetworkOptions& options) {
    int i = 0;
    for (const auto channels : *options.channels) {
        const std::int64_t over_time = i == 0 ? 2 : 1;
        add_normalised(graph, fmt::format("conv_{}", ++i),
                       {.channels = channels,
                        .kernel = {3, 3},
                        .stride = {over_time, 2},
                        .padding = {0, 0, 1, 1},
                        .bias = false});
    }
    const Shape maps = graph.shape();
    graph.then(op::Transpose{{0, 2, 1}});
    graph.then(op::Reshape{{maps[0] * maps[2], maps[1]}});
    add_over_time(graph, options);
}

/// The same without convolutions over bands, an answer for each frame: for frames that are vectors of a
/// network already, whose values are in no order.
void build_temporal(Graph& graph, const NetworkOptions& options) {
    const Shape features = graph.shape();  // [planes, frames, values]
    graph.then(op::Transpose{{0, 2, 1}});
    graph.then(op::Reshape{{features[0] * features[2], features[1]}});
    add_over_time(graph, options);
}

}  // namespace

void fill_over_time(NetworkOptions& options) {
    if (!options.units) options.units = 64;
    if (!options.dilations) options.dilations = {1, 2};
}

void add_over_time(Graph& graph, const NetworkOptions& options) {
    add_normalised(graph, "mix", {.channels = *options.units, .kernel = {1}, .bias = false});
    add_dropout(graph, options.dropout);
    int i = 0;
    for (const auto dilation : *options.dilations) {
        const std::size_t before = graph.last();
        add_normalised(graph, fmt::format("time_{}", ++i),
                       {.channels = *options.units, .kernel = {3}, .dilation = {dilation}, .bias = false});
        add_dropout(graph, options.dropout);
        const std::size_t heard = graph.last();
        const std::int64_t steps = graph.shape()[1];
        const auto there = graph.add("", op::Slice{1, dilation, dilation + steps}, {before});
        graph.add("", op::Binary{op::Binary::Function::add}, {there, heard});
    }
    graph.then(op::Transpose{{1, 0}});
}

Architecture tcn_architecture() {
    return {"tcn", {"channels", "units", "dilations", "dropout"}, fill_tcn, build_tcn, true, true, 2};
}

Architecture temporal_architecture() {
    return {"temporal", {"units", "dilations", "dropout"}, fill_over_time, build_temporal, false, true, 1};
}

}  // namespace earshot::network
