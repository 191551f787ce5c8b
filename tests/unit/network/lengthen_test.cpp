#include "network/lengthen.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

#include "network/ears.h"
#include "network/engine/engine.h"
#include "network/time_stride.h"

namespace earshot::network {
namespace {

using Change = std::function<void(Graph&)>;

/// Of a map [2, frames, 8] whose second dimension is time, after some operations, vectors [steps, values].
Graph graph_of(std::int64_t frames, const Change& change) {
    Graph graph(frames, 16);
    graph.then(op::Reshape{{frames, 2, 8}});
    graph.then(op::Transpose{{1, 0, 2}});
    change(graph);
    if (graph.shape().size() == 3) {
        graph.then(op::Reduce{op::Reduce::Kind::mean, {2}});
        graph.then(op::Transpose{{1, 0}});
    }
    return graph;
}

Weights some_weights(const Graph& graph) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> number(0.1F, 1);  // a variance is above 0
    Weights weights;
    for (const WeightSpec& spec : graph.weights()) {
        if (spec.kind == WeightSpec::Kind::counter) continue;
        std::vector<float> values(static_cast<std::size_t>(spec.values()));
        for (float& value : values) value = number(random) - (spec.name.ends_with("var") ? 0.0F : 0.5F);
        weights.set(spec.name, std::move(values));
    }
    return weights;
}

/// Windows of `graph` one every `hop` frames, and one that has them all, give the same bits.
void expect_same_bits(const Graph& graph, std::int64_t windows) {
    const std::int64_t hop = time_stride(graph).value() * graph.shape()[0];
    const auto longer = lengthened(graph, graph.frames() + (windows - 1) * hop);
    ASSERT_TRUE(longer);
    ASSERT_EQ(longer->shape(), (Shape{windows * graph.shape()[0], graph.shape()[1]}));
    const Weights weights = some_weights(graph);
    std::mt19937 random(2);
    std::normal_distribution<float> number;
    std::vector<float> frames(static_cast<std::size_t>(longer->frames() * longer->bands()));
    for (float& value : frames) value = number(random);

    const engine::Engine short_one(graph, weights), long_one(*longer, weights);
    std::vector<float> wanted, found(long_one.scores_per_window());
    for (std::int64_t i = 0; i < windows; ++i) {
        std::vector<float> scores(short_one.scores_per_window());
        const auto first = static_cast<std::size_t>(i * hop * graph.bands());
        short_one.run(std::span(frames).subspan(first, short_one.window_values()), 1, scores);
        wanted.insert(wanted.end(), scores.begin(), scores.end());
    }
    long_one.run(frames, 1, found);
    EXPECT_EQ(found, wanted);
}

op::Conv conv(Shape stride, Shape padding = {0, 0, 1, 1}) {
    return {.channels = 4, .kernel = {3, 3}, .stride = std::move(stride), .padding = std::move(padding)};
}

TEST(Lengthen, a_longer_window_has_the_same_steps_bit_for_bit) {
    expect_same_bits(graph_of(24, [](Graph&) {}), 3);
    expect_same_bits(graph_of(23,
                              [](Graph& graph) {
                                  graph.then(conv({2, 1}), "a");  // [4, 11, 8]
                                  graph.then(op::BatchNorm{}, "norm");
                                  graph.then(op::Pointwise{});
                                  graph.then(op::Pool{.kernel = {3, 2}, .stride = {2, 2}});  // [4, 5, 4]
                                  graph.then(op::Slice{1, 1, 4});
                              }),
                     5);
    expect_same_bits(graph_of(25,
                              [](Graph& graph) {
                                  const auto map = graph.then(conv({2, 1}), "a");  // [4, 12, 8]
                                  graph.then(op::Weighted{op::Binary::Function::multiply, {4, 1, 8}}, "gain");
                                  const auto other = graph.then(conv({1, 1}, {}), "b");  // [4, 10, 6]
                                  graph.add("", op::Slice{1, 1, 11}, {map});
                                  const auto cut = graph.then(op::Slice{2, 1, 7});
                                  graph.add("", op::Binary{}, {cut, other});
                                  const auto sum = graph.last();
                                  graph.add("", op::Concat{0}, {sum, cut});  // [8, 10, 6]
                                  graph.then(op::Transpose{{1, 0, 2}});
                                  graph.then(op::Reshape{{10, 48}});
                                  graph.then(op::Linear{5}, "linear");
                                  graph.then(op::Softmax{1});
                              }),
                     4);
    expect_same_bits(graph_of(24,
                              [](Graph& graph) {  // each moment beside the one 12 frames later
                                  const auto map = graph.last();
                                  const auto now = graph.add("", op::Slice{1, 0, 12}, {map});
                                  const auto later = graph.add("", op::Slice{1, 12, 24}, {map});
                                  graph.add("", op::Concat{0}, {now, later});
                              }),
                     3);
}

TEST(Lengthen, the_ears_are_the_ears_of_a_longer_window) {
    for (const auto part : {EarsPart::all, EarsPart::sounds, EarsPart::words})
        expect_same_bits(ears_graph(kEarsFrames, part), 8);
    EXPECT_EQ(lengthened(ears_graph(kEarsFrames), kEarsFrames + 7 * kEarsHop)->json(),
              ears_graph(kEarsFrames + 7 * kEarsHop).json());
}

TEST(Lengthen, leaves_what_sees_more_than_its_kernel) {
    const auto can = [](const Change& change) { return lengthened(graph_of(24, change), 40).has_value(); };
    EXPECT_TRUE(can([](Graph& graph) { graph.then(conv({2, 1}), "a"); }));
    EXPECT_FALSE(can([](Graph& graph) { graph.then(conv({2, 1}, {1, 0, 1, 1}), "a"); }));
    EXPECT_FALSE(can([](Graph& graph) { graph.then(op::Pool{.kernel = {3, 1}, .padding = {0, 1, 0, 0}}); }));
    EXPECT_FALSE(can([](Graph& graph) { graph.then(op::GroupNorm{}, "norm"); }));
    EXPECT_FALSE(can([](Graph& graph) { graph.then(op::LayerNorm{2}, "norm"); }));
    EXPECT_FALSE(can([](Graph& graph) { graph.then(op::Softmax{1}); }));
    EXPECT_FALSE(can([](Graph& graph) {
        graph.then(op::Weighted{op::Binary::Function::multiply, {1, 24, 1}}, "moments");
    }));
    EXPECT_FALSE(can([](Graph& graph) {  // squeeze and excitation
        const auto map = graph.then(conv({1, 1}), "a");
        graph.then(op::Reduce{op::Reduce::Kind::mean, {1, 2}, true});
        const auto gain = graph.then(op::Pointwise{op::Pointwise::Function::sigmoid});
        graph.add("", op::Binary{op::Binary::Function::multiply}, {map, gain});
    }));
    EXPECT_FALSE(can([](Graph& graph) {                  // a moment and the one after it
        const auto map = graph.then(conv({2, 1}), "a");  // [4, 11, 8]
        const auto every = graph.add("", op::Pool{.kernel = {1, 1}, .stride = {2, 1}}, {map});  // [4, 6, 8]
        const auto first = graph.add("", op::Slice{1, 0, 6}, {map});
        graph.add("", op::Concat{0}, {every, first});
    }));
    EXPECT_FALSE(can([](Graph& graph) {
        graph.then(op::Reduce{op::Reduce::Kind::mean, {2}});
        graph.then(op::Transpose{{1, 0}});
        graph.then(op::Gru{3}, "gru");
    }));
}

TEST(Lengthen, leaves_what_would_not_fit_into_memory) {
    EXPECT_FALSE(lengthened(ears_graph(kEarsFrames), std::int64_t{1} << 30));
}

}  // namespace
}  // namespace earshot::network
