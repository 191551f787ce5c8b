#include <fmt/format.h>

#include "network/architectures/architectures.h"
#include "support/error.h"

namespace earshot::network {
namespace {

void fill_attention(NetworkOptions& options) {
    using Sizes = std::vector<std::int64_t>;
    if (!options.channels) options.channels = {64, 128, 256};
    if (!options.strides) {
        options.strides = Sizes(options.channels->size(), 2);
        options.strides->front() = 1;
    }
    if (!options.heads) options.heads = 8;
    if (!options.hidden) options.hidden = {512, 256};
}

void check(const Graph& graph, const NetworkOptions& options) {
    const auto &channels = *options.channels, &strides = *options.strides;
    if (strides.size() != channels.size()) {
        throw Error(fmt::format(
            "architecture: \"channels\" has {} numbers, but \"strides\" has {} (give one of each per layer)",
            channels.size(), strides.size()));
    }
    std::int64_t steps = graph.shape().back();
    for (const auto stride : strides) steps = steps > 0 ? ((steps - 1) / stride + 1) / 2 : 0;
    if (steps < 1) {
        throw Error(fmt::format(
            "architecture: {} steps are too few for these strides (give longer windows, or fewer layers)",
            graph.shape().back()));
    }
    if (channels.back() % *options.heads != 0) {
        throw Error(fmt::format("architecture: {} channels cannot be divided among {} heads", channels.back(),
                                *options.heads));
    }
    if (options.hidden->empty())
        throw Error("architecture: \"hidden\" should be a list of at least 1 number");
}

/// Convolutions over time that shorten a sequence, then self-attention over all of it and its mean over time.
/// A window of several frames is a sequence of frames, whose bands are channels; a single frame is a sequence
/// of its values, which suits the front end waveform.
void build_attention(Graph& graph, const NetworkOptions& options) {
    const Shape features = graph.shape();  // [planes, steps, bands]
    if (graph.frames() == 1) {
        graph.then(op::Reshape{{features[0], features[2]}});
    } else {
        graph.then(op::Transpose{{0, 2, 1}});
        graph.then(op::Reshape{{features[0] * features[2], features[1]}});
    }
    check(graph, options);
    for (std::size_t i = 0; i < options.channels->size(); ++i) {
        const auto name = fmt::format("conv_{}", i + 1);
        graph.then(op::Conv{.channels = (*options.channels)[i],
                            .kernel = {3},
                            .stride = {(*options.strides)[i]},
                            .padding = {1, 1}},
                   name);
        graph.then(op::BatchNorm{}, name + "_norm");
        add_relu(graph);
        graph.then(op::Pool{.kernel = {2}});
    }
    graph.then(op::Transpose{{1, 0}});
    graph.then(op::Attention{*options.heads}, "attention");
    graph.then(op::Reduce{op::Reduce::Kind::mean, {0}});
    add_dense_layers(graph, *options.hidden, options.dropout);
}

}  // namespace

Architecture attention_architecture() {
    return {"attention",
            {"channels", "strides", "heads", "hidden", "dropout"},
            fill_attention,
            build_attention,
            true};
}

}  // namespace earshot::network
