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

/// A graph without the settings that have their usual value: small inputs are read faster, and mutations
/// spell out what is missing.
nlohmann::ordered_json short_json(const Graph& graph) {
    const auto whole = graph.json();
    auto json = whole;
    for (auto& node : json["nodes"]) {
        const auto full = node;
        for (const auto& [key, value] : full.items()) {
            if (key == "op" || key == "name" || key == "from") continue;
            node.erase(key);
            bool same = false;
            try {
                same = Graph::from_json(json).json() == whole;
            } catch (const Error&) {  // it needs this one
            }
            if (!same) node[key] = value;
        }
    }
    return json;
}

void write(const std::filesystem::path& directory, const std::string& name, const Graph& graph) {
    const auto file = open_output((directory / (name + ".json")).string());
    file->write(short_json(graph).dump());
    file->close();
}

/// Few layers and small sizes, so that what is mutated from them is read quickly and can still be run.
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
        if (has("channels")) options.channels = {4};
        if (has("strides")) options.strides = {1};
        if (has("heads")) options.heads = 2;
        if (has("units")) options.units = 4;
        if (has("dilations")) options.dilations = {2};
        if (has("hidden")) options.hidden = {5};
        if (has("nearest")) options.examples = {2, 1, 3};
        write(directory, kind, make_graph(describe_network(options)));
    }
}

/// What prepares frames and merges answers, before and after the smallest network.
void write_views(const std::filesystem::path& directory) {
    auto options = options_of("mlp");
    options.hidden = std::vector<std::int64_t>{};
    options.paces = options.pitches = 0.1;
    options.answer.kind = "sigmoid";
    options.answer.background = 1;
    options.input = {{"log", 1e-5}, 1, 8, "data", true, {20, LogOf::magnitude}};
    write(directory, "views", make_graph(describe_network(options)));
}

void finish(Graph& graph) {
    graph.then(op::Linear{3}, "output");
    graph.mark_logits();
    graph.then(op::Softmax{1});
}

/// Sequences [time, values], then values alone.
void write_sequences(const std::filesystem::path& directory) {
    Graph graph(8, 4);
    graph.then(op::LayerNorm{}, "norm");
    graph.then(op::Gru{4, true}, "gru");
    graph.then(op::Attention{2}, "attention");
    graph.then(op::Repeat{0, 2});
    finish(graph);
    graph.then(op::Slice{0, 0, 2});
    write(directory, "sequences", graph);
}

/// Maps [channels, time] and a squeeze by what they are like as a whole.
void write_channels(const std::filesystem::path& directory) {
    Graph graph(6, 8);
    graph.then(op::Conv{.channels = 6,
                        .kernel = {3},
                        .dilation = {2},
                        .padding = {2, 2},
                        .padding_kind = op::Conv::Padding::reflect,
                        .groups = 6},
               "depthwise");
    graph.then(op::GroupNorm{3}, "groups");
    const auto before = graph.then(op::Pointwise{op::Pointwise::Function::hard_swish});
    graph.then(op::Reduce{op::Reduce::Kind::mean, {1}, true});
    const auto squeezed = graph.then(op::Pointwise{op::Pointwise::Function::sigmoid});
    const auto scaled = graph.add("", op::Binary{op::Binary::Function::multiply}, {before, squeezed});
    graph.add("", op::Concat{0}, {scaled, before});
    graph.then(op::Pool{.kind = op::Pool::Kind::mean, .kernel = {2}, .padding = {1, 0}});
    finish(graph);
    write(directory, "channels", graph);
}

/// Maps [channels, time, bands].
void write_maps(const std::filesystem::path& directory) {
    Graph graph(8, 6);
    graph.then(op::Reshape{{2, 4, 6}});
    graph.then(op::Conv{.channels = 4,
                        .kernel = {3, 2},
                        .stride = {2, 1},
                        .padding = {1, 1, 0, 1},
                        .padding_kind = op::Conv::Padding::edge},
               "conv");
    graph.then(op::BatchNorm{}, "conv_norm");
    graph.then(op::Pointwise{});
    graph.then(op::Affine{2, 1, -1, 6});
    graph.then(op::Pool{.kernel = {2, 2}});
    graph.then(op::Reduce{op::Reduce::Kind::max, {2}});
    finish(graph);
    write(directory, "maps", graph);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 2) throw Error("usage: graph_seeds DIRECTORY");
        std::filesystem::create_directories(argv[1]);
        write_architectures(argv[1]);
        write_views(argv[1]);
        write_sequences(argv[1]);
        write_channels(argv[1]);
        write_maps(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "graph_seeds: {}\n", error.what());
        return 1;
    }
}
