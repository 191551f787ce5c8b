#include "network/time_stride.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace earshot::network {
namespace {

using Change = std::function<void(Graph&)>;

/// Of a map [2, 24, 8] whose second dimension is time, after some operations, as vectors [steps, values].
std::optional<std::int64_t> stride_after(const Change& change) {
    Graph graph(24, 16);
    graph.then(op::Reshape{{24, 2, 8}});
    graph.then(op::Transpose{{1, 0, 2}});
    change(graph);
    if (graph.shape().size() == 3) {
        graph.then(op::Reduce{op::Reduce::Kind::mean, {2}});
        graph.then(op::Transpose{{1, 0}});
    }
    return time_stride(graph);
}

op::Conv conv(Shape stride) {
    return {.channels = 4, .kernel = {3, 3}, .stride = std::move(stride), .padding = {1, 1, 1, 1}};
}

TEST(TimeStride, is_the_product_of_the_strides_in_time) {
    EXPECT_EQ(stride_after([](Graph&) {}), 1);
    EXPECT_EQ(stride_after([](Graph& graph) {
                  graph.then(conv({2, 1}), "a");
                  graph.then(op::Pointwise{});
                  graph.then(op::Pool{.kernel = {3, 2}});
                  graph.then(conv({1, 2}), "b");
              }),
              6);
    EXPECT_EQ(stride_after([](Graph& graph) {
                  graph.then(op::Pool{.kernel = {4, 1}});
                  graph.then(op::Repeat{1, 2});
              }),
              2);
}

TEST(TimeStride, is_known_wherever_time_moves) {
    EXPECT_EQ(stride_after([](Graph& graph) {
                  graph.then(conv({2, 1}), "a");         // [4, 12, 8]
                  graph.then(op::Transpose{{1, 0, 2}});  // [12, 4, 8]
                  graph.then(op::Reshape{{12, 1, 32}});
                  graph.then(op::Linear{5}, "linear");
                  graph.then(op::Reduce{op::Reduce::Kind::max, {1}});  // [12, 5]
                  graph.then(op::Gru{3, true}, "gru");
              }),
              2);
    // Squeeze and excitation: one value sees all of the window, but the steps stay where they are.
    EXPECT_EQ(stride_after([](Graph& graph) {
                  const auto map = graph.then(conv({2, 1}), "a");
                  graph.then(op::Reduce{op::Reduce::Kind::mean, {1, 2}, true});
                  const auto gain = graph.then(op::Pointwise{op::Pointwise::Function::sigmoid});
                  graph.add("", op::Binary{op::Binary::Function::multiply}, {gain, map});
              }),
              2);
}

TEST(TimeStride, is_unknown_where_steps_do_not_follow_from_frames_in_order) {
    const auto all_at_once = [](Graph& graph) {
        graph.then(op::Reshape{{1, 384}});
        graph.then(op::Linear{12}, "linear");
        graph.then(op::Reshape{{4, 3}});
    };
    EXPECT_EQ(stride_after(all_at_once), std::nullopt);
    EXPECT_EQ(stride_after([](Graph& graph) { graph.then(op::Reshape{{6, 8, 8}}); }), std::nullopt);
    EXPECT_EQ(stride_after([](Graph& graph) {
                  graph.then(op::Transpose{{1, 0, 2}});
                  graph.then(conv({1, 1}), "over_channels");  // whose first dimension is time here
              }),
              std::nullopt);
    EXPECT_EQ(stride_after([](Graph& graph) {
                  for (int i = 0; i < 8; ++i) {  // a number that 64 bits could not hold
                      graph.then(op::Pool{.kernel = {1, 1}, .stride = {1 << 16, 1}});
                  }
              }),
              std::nullopt);
}

}  // namespace
}  // namespace earshot::network
