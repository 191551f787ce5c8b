#include "network/ears.h"

#include <fmt/format.h>

#include "network/architectures/architectures.h"
#include "support/error.h"

namespace earshot::network {
namespace {

using Activation = op::Pointwise::Function;

/// Over bands, and time where `taps` is 3, for each channel by itself; then over channels by two matrices, of
/// which `rank` is the size between them.
struct Block {
    std::int64_t channels, stride, rank, taps;
};
constexpr Block kBlocks[] = {{64, 1, 8, 3},   {128, 2, 24, 3}, {128, 1, 16, 3},
                             {256, 2, 48, 3}, {256, 1, 40, 3}, {512, 2, 80, 3},
                             {512, 1, 64, 3}, {512, 1, 64, 1}, {512, 1, 64, 3}};
constexpr std::size_t kWordsBranch = 5;  // blocks before it
constexpr std::int64_t kTop = 320, kWords = 96, kWordsWidth = 128;
static_assert(kTop + kWords == kEarsValues);

void add_conv(Graph& graph, const std::string& name, const op::Conv& conv, Activation function) {
    graph.then(conv, name);
    graph.then(op::Pointwise{function});
}

void add_block(Graph& graph, const std::string& name, const Block& block) {
    const std::int64_t inputs = graph.shape()[0];
    // At stride 2 an even number of bands needs one more after them, as in the network that this one learnt
    // from.
    const Shape padding = block.stride == 2 ? Shape{0, 0, 0, 1} : Shape{0, 0, 1, 1};
    add_conv(graph, name + "_depthwise",
             {.channels = inputs,
              .kernel = {block.taps, 3},
              .stride = {block.stride, block.stride},
              .padding = padding,
              .groups = inputs},
             Activation::relu6);
    graph.then(op::Conv{.channels = block.rank, .kernel = {1, 1}, .bias = false}, name + "_thin");
    add_conv(graph, name + "_wide", {.channels = block.channels, .kernel = {1, 1}}, Activation::relu6);
}

/// From maps every 8 frames to 96 values every 16: four residual convolutions over time.
/// @param maps  the node that gives them
void add_words(Graph& graph, std::size_t maps) {
    const std::int64_t bands = graph[maps].shape[2];
    graph.add("words_thin", op::Conv{.channels = 16, .kernel = {1, 1}}, {maps});
    graph.then(op::Pointwise{Activation::relu});
    add_conv(graph, "words_join", {.channels = kWordsWidth, .kernel = {1, bands}}, Activation::relu);
    for (int i = 1; i <= 4; ++i) {
        const std::int64_t stride = i == 4 ? 2 : 1;
        // One frame less at the start puts the middle of what a vector hears where the other branch has it.
        if (i == 4) graph.then(op::Slice{1, 1, graph.shape()[1]});
        const std::size_t before = graph.last();
        const std::int64_t frames = graph.shape()[1];
        graph.then(
            op::Conv{.channels = kWordsWidth, .kernel = {3, 1}, .stride = {stride, 1}, .groups = kWordsWidth},
            fmt::format("words_{}_depthwise", i));
        add_conv(graph, fmt::format("words_{}_wide", i), {.channels = kWordsWidth, .kernel = {1, 1}},
                 Activation::relu);
        const std::size_t heard = graph.last();
        auto there = graph.add("", op::Slice{1, 1, frames - 1}, {before});
        if (stride == 2) there = graph.add("", op::Pool{.kernel = {1, 1}, .stride = {2, 1}}, {there});
        graph.add("", op::Binary{op::Binary::Function::add}, {there, heard});
    }
    graph.then(op::Conv{.channels = kWords, .kernel = {1, 1}}, "words");
}

constexpr const char* kClasses = "classes";

/// From maps of 512 channels to 320 values.
void add_sounds(Graph& graph) {
    const std::int64_t channels = graph.shape()[0];
    add_conv(graph, "bands", {.channels = channels, .kernel = {1, graph.shape()[2]}, .groups = channels},
             Activation::relu);
    add_conv(graph, "top", {.channels = kTop, .kernel = {1, 1}}, Activation::relu);
}

void add_part(Graph& graph, EarsPart part) {
    if (graph.shape() != Shape{1, graph.frames(), kEarsBands} || graph.frames() < kEarsFrames)
        throw Error(
            fmt::format("ears hear windows of at least {} frames of {} bands (datagen --recipe ears, "
                        "--window 1.3s or longer)",
                        kEarsFrames, kEarsBands));
    const std::int64_t steps = 1 + (graph.frames() - kEarsFrames) / kEarsHop;
    add_conv(graph, "first", {.channels = 32, .kernel = {3, 3}, .stride = {2, 2}, .padding = {0, 0, 0, 1}},
             Activation::relu6);
    const std::size_t blocks = part == EarsPart::words ? kWordsBranch : std::size(kBlocks);
    std::size_t branch = 0, sounds = 0;
    for (std::size_t i = 0; i < blocks; ++i) {
        add_block(graph, fmt::format("block_{}", i + 1), kBlocks[i]);
        if (i + 1 == kWordsBranch) branch = graph.last();
    }
    if (part != EarsPart::words) {
        add_sounds(graph);
        sounds = graph.last();
    }
    if (part == EarsPart::classes) {
        graph.then(op::Pool{
            .kind = op::Pool::Kind::mean, .kernel = {kEarsClassVectors, 1}, .stride = {kEarsClassHop, 1}});
        graph.then(op::Reshape{{kTop, graph.shape()[1]}});
        graph.then(op::Transpose{{1, 0}});
        graph.then(op::Linear{kEarsClasses}, kClasses);
        return;
    }
    if (part != EarsPart::sounds) {
        add_words(graph, branch);
        if (graph.shape()[1] > steps) graph.then(op::Slice{1, 0, steps});
    }
    if (part == EarsPart::all) graph.add("", op::Concat{0}, {sounds, graph.last()});
    graph.then(op::Reshape{{graph.shape()[0], steps}});
    graph.then(op::Transpose{{1, 0}});
}

/// The vectors' mean and maximum over time.
void build_ears(Graph& graph, const NetworkOptions& options) {
    add_ears(graph);
    const std::size_t vectors = graph.last();
    const auto mean = graph.add("", op::Reduce{op::Reduce::Kind::mean, {0}}, {vectors});
    const auto highest = graph.add("", op::Reduce{op::Reduce::Kind::max, {0}}, {vectors});
    graph.add("", op::Concat{0}, {mean, highest});
    add_dropout(graph, options.dropout);
}

/// Of each vector, and of those around it.
void build_ears_events(Graph& graph, const NetworkOptions& options) {
    add_ears(graph);
    graph.then(op::Transpose{{1, 0}});
    add_over_time(graph, options);
}

}  // namespace

void add_ears(Graph& graph) { add_part(graph, EarsPart::all); }

Graph ears_graph(std::int64_t frames, EarsPart part) {
    Graph graph(frames, kEarsBands);
    graph.then(op::Reshape{{1, frames, kEarsBands}});
    add_part(graph, part);
    return graph;
}

Graph ears_file_graph() {
    Graph graph = ears_graph(kEarsFrames);
    graph.then(op::Slice{1, 0, kTop});
    graph.then(op::Linear{kEarsClasses}, kClasses);
    return graph;
}

Architecture ears_architecture() { return {"ears", {"dropout"}, fill_nothing, build_ears, false, true}; }

Architecture ears_events_architecture() {
    return {"ears-events", {"units", "dilations", "dropout"}, fill_over_time, build_ears_events, false, true,
            kEarsHop};
}

}  // namespace earshot::network
