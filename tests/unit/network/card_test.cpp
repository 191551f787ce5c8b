#include "network/card.h"

#include <gtest/gtest.h>

namespace earshot::network {
namespace {

/// Frames [6, 4] through a convolution [8, 3, 2] with a normalisation, to scores [1, 3].
Graph small() {
    Graph graph(6, 4);
    graph.then(op::Reshape{{1, 6, 4}});
    graph.then(op::Conv{.channels = 8, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}}, "conv");
    graph.then(op::BatchNorm{}, "norm");
    graph.then(op::Reshape{{48}});
    graph.then(op::Linear{3}, "output");
    graph.mark_logits();
    graph.then(op::Softmax{});
    graph.then(op::Reshape{{1, 3}});
    return graph;
}

TEST(Card, CountsParametersAndMultiplications) {
    const Card card = card_of(small(), 2.5);
    ASSERT_EQ(card.layers.size(), 8U);
    EXPECT_EQ(card.layers[2].name, "conv");
    EXPECT_EQ(card.layers[2].shape, (Shape{8, 3, 2}));
    EXPECT_EQ(card.layers[2].parameters, 8 * 9 + 8);
    EXPECT_EQ(card.layers[2].multiplications, 8 * 3 * 2 * 9);
    EXPECT_EQ(card.layers[3].parameters, 16);
    EXPECT_EQ(card.layers[5].multiplications, 48 * 3);
    EXPECT_EQ(card.parameters, 80 + 16 + 147);
    EXPECT_EQ(card.multiplications, 432 + 144);
    EXPECT_EQ(card.weight_bytes,
              4 * (80 + 16 + 16 + 147));  // with the means and variances of the normalisation
    EXPECT_EQ(card.activation_bytes, 4 * (48 + 48));
    EXPECT_DOUBLE_EQ(card_json(card)["multiplications_per_s"], 2.5 * 576);
    EXPECT_NE(card_text(card).find("8 x 3 x 2"), std::string::npos);
}

TEST(Card, GroupsShareTheWorkAndViewsMultiplyIt) {
    Graph graph(5, 4);
    graph.then(op::Views{0.1, 0});
    graph.then(op::Pointwise{op::Pointwise::Function::hard_swish});
    graph.then(op::Transpose{{1, 0}});
    graph.then(op::Conv{.channels = 4, .kernel = {3}, .padding = {1, 1}, .groups = 4, .bias = false}, "conv");
    graph.then(op::MergeViews{});
    const Card card = card_of(graph);
    EXPECT_EQ(card.layers[2].operation, "hard_swish");
    EXPECT_EQ(card.layers[4].parameters, 12);
    EXPECT_EQ(card.layers[4].multiplications, 3 * 4 * 5 * 3);
    EXPECT_TRUE(card_json(card)["multiplications_per_s"].is_null());
}

TEST(Card, CountsSequences) {
    Graph graph(7, 4);
    graph.then(op::Gru{6, true}, "gru");
    graph.then(op::Attention{2}, "attention");
    const Card card = card_of(graph);
    EXPECT_EQ(card.layers[1].parameters, 2 * (18 * 4 + 18 * 6 + 18 + 18));
    EXPECT_EQ(card.layers[1].multiplications, 2 * 7 * 18 * (4 + 6));
    EXPECT_EQ(card.layers[2].parameters, 4 * 144 + 4 * 12);
    EXPECT_EQ(card.layers[2].multiplications, 7 * 4 * 144 + 2 * 7 * 7 * 12);
}

}  // namespace
}  // namespace earshot::network
