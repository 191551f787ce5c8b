// Writes graphs for graph_fuzz to begin with: graph_seeds DIRECTORY

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "network/architecture.h"
#include "network/architectures/architectures.h"
#include "network/graph.h"
#include "support/error.h"
#include "support/output.h"

namespace {

using namespace earshot;
using namespace earshot::network;

void write(const std::filesystem::path& directory, const std::string& name, const Graph& graph) {
    const auto file = open_output((directory / (name + ".json")).string());
    file->write(graph.json().dump());
    file->close();
}

/// Small sizes, so that what is mutated from them can still be run.
NetworkOptions options_of(const std::string& kind) {
    NetworkOptions options;
    options.kind = kind;
    options.frames = 16;
    options.inputs = 6;
    options.answer.classes = 3;
    options.dropout = 0.1;
    return options;
}

void write_architectures(const std::filesystem::path& directory) {
    for (const Architecture& architecture : architectures()) {
        const std::string kind(architecture.kind);
        auto options = options_of(kind);
        const auto& settings = architecture.settings;
        const auto has = [&](std::string_view name) {
            return std::ranges::find(settings, name) != settings.end();
        };
        if (has("channels")) options.channels = {2, 4};
        if (has("strides")) options.strides = {1, 1};
        if (has("heads")) options.heads = 2;
        if (has("units")) options.units = 4;
        if (has("hidden")) options.hidden = {5};
        write(directory, kind, make_graph(describe_network(options)));
        options.paces = options.pitches = 0.1;
        options.answer.kind = "sigmoid";
        options.answer.background = 1;
        options.input = {{"log", 1e-5}, 1, 8, "data", true, {20, LogOf::magnitude}};
        write(directory, kind + "-views", make_graph(describe_network(options)));
    }
}

/// What no architecture has yet.
void write_operations(const std::filesystem::path& directory) {
    Graph graph(12, 5);
    graph.then(op::LayerNorm{}, "norm");
    graph.then(op::Gru{4, true}, "gru");
    graph.then(op::Attention{2}, "attention");
    graph.then(op::Transpose{{1, 0}});
    graph.then(op::Conv{.channels = 8,
                        .kernel = {3},
                        .dilation = {2},
                        .padding = {2, 2},
                        .padding_kind = op::Conv::Padding::reflect,
                        .groups = 8},
               "depthwise");
    graph.then(op::GroupNorm{4}, "groups");
    const auto before = graph.then(op::Pointwise{op::Pointwise::Function::hard_swish});
    graph.then(op::Reduce{op::Reduce::Kind::mean, {1}, true});
    const auto squeezed = graph.then(op::Pointwise{op::Pointwise::Function::sigmoid});
    const auto scaled = graph.add("", op::Binary{op::Binary::Function::multiply}, {before, squeezed});
    graph.add("", op::Concat{0}, {scaled, before});
    graph.then(op::Pool{.kind = op::Pool::Kind::mean, .kernel = {2}, .padding = {1, 0}});
    graph.then(op::Repeat{1, 2});
    graph.then(op::Reshape{{2, 8, 12}});
    graph.then(op::Conv{.channels = 4,
                        .kernel = {3, 2},
                        .stride = {2, 1},
                        .padding = {1, 1, 0, 1},
                        .padding_kind = op::Conv::Padding::edge},
               "conv");
    graph.then(op::BatchNorm{}, "conv_norm");
    graph.then(op::Pointwise{});
    graph.then(op::Pool{.kernel = {2, 2}});
    graph.then(op::Reduce{op::Reduce::Kind::max, {2}});
    graph.then(op::Linear{3}, "output");
    graph.mark_logits();
    graph.then(op::Softmax{1});
    graph.then(op::Slice{0, 0, 2});
    write(directory, "operations", graph);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 2) throw Error("usage: graph_seeds DIRECTORY");
        std::filesystem::create_directories(argv[1]);
        write_architectures(argv[1]);
        write_operations(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "graph_seeds: {}\n", error.what());
        return 1;
    }
}
