#include "network/graph.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "network/architecture.h"
#include "unit/model/fixtures.h"

namespace earshot::network {
namespace {

using test::error_of;
using Json = nlohmann::ordered_json;

NetworkOptions options_of(const std::string& kind) {
    NetworkOptions options;
    options.kind = kind;
    options.inputs = 12;
    options.frames = 80;
    options.input = {{"log", 1e-5}, 1, 40, "data", true, {20, LogOf::magnitude}};
    options.answer = {"sigmoid", 3, 1};
    if (kind == "lda") options.answer.kind = "softmax";
    if (kind != "lda") options.dropout = 0.5;
    return options;
}

/// "name [2, 3]" of each array, in order.
std::vector<std::string> arrays_of(const Graph& graph) {
    std::vector<std::string> arrays;
    for (const WeightSpec& spec : graph.weights()) {
        std::string sizes;
        for (const auto size : spec.shape) sizes += fmt::format("{}{}", sizes.empty() ? "" : " ", size);
        arrays.push_back(spec.name + " [" + sizes + "]");
    }
    return arrays;
}

// As models made before there were graphs have them.
TEST(Graph, arrays_of_each_architecture_have_the_names_and_the_order_that_they_had) {
    using Arrays = std::vector<std::string>;
    const Arrays mlp{"dense_1.weight [2880 1440]",
                     "dense_1.bias [2880]",
                     "dense_2.weight [1080 2880]",
                     "dense_2.bias [1080]",
                     "output.weight [2 1080]",
                     "output.bias [2]",
                     "input.mean [36]",
                     "input.deviation [36]"};
    EXPECT_EQ(arrays_of(make_graph(describe_network(options_of("mlp")))), mlp);
    const Arrays dnn{"norm.weight [1440]",    "norm.bias [1440]",         "dense_1.weight [512 1440]",
                     "dense_1.bias [512]",    "dense_2.weight [256 512]", "dense_2.bias [256]",
                     "output.weight [2 256]", "output.bias [2]",          "input.mean [36]",
                     "input.deviation [36]"};
    EXPECT_EQ(arrays_of(make_graph(describe_network(options_of("dnn")))), dnn);
    const Arrays lda{"output.weight [3 1440]", "output.bias [3]", "input.mean [36]", "input.deviation [36]"};
    EXPECT_EQ(arrays_of(make_graph(describe_network(options_of("lda")))), lda);
    auto options = options_of("cnn");
    options.channels = {4};
    const Arrays cnn{"conv_1.weight [4 3 3 3]",
                     "conv_1_norm.weight [4]",
                     "conv_1_norm.bias [4]",
                     "mix.weight [64 24]",
                     "mix.bias [64]",
                     "output.weight [2 64]",
                     "output.bias [2]",
                     "input.mean [36]",
                     "input.deviation [36]",
                     "conv_1_norm.running_mean [4]",
                     "conv_1_norm.running_var [4]",
                     "conv_1_norm.num_batches_tracked []"};
    EXPECT_EQ(arrays_of(make_graph(describe_network(options))), cnn);
    options = options_of("separable");
    options.channels = {4, 6};
    options.input.standardise = "none";
    const Arrays separable{"stem.weight [4 3 3 3]",
                           "stem_norm.weight [4]",
                           "stem_norm.bias [4]",
                           "depthwise_1.weight [4 1 3 3]",
                           "depthwise_1_norm.weight [4]",
                           "depthwise_1_norm.bias [4]",
                           "pointwise_1.weight [6 4 1 1]",
                           "pointwise_1_norm.weight [6]",
                           "pointwise_1_norm.bias [6]",
                           "mix.weight [64 36]",
                           "mix.bias [64]",
                           "output.weight [2 64]",
                           "output.bias [2]",
                           "stem_norm.running_mean [4]",
                           "stem_norm.running_var [4]",
                           "stem_norm.num_batches_tracked []",
                           "depthwise_1_norm.running_mean [4]",
                           "depthwise_1_norm.running_var [4]",
                           "depthwise_1_norm.num_batches_tracked []",
                           "pointwise_1_norm.running_mean [6]",
                           "pointwise_1_norm.running_var [6]",
                           "pointwise_1_norm.num_batches_tracked []"};
    EXPECT_EQ(arrays_of(make_graph(describe_network(options))), separable);
    options = options_of("attention");
    options.channels = {8};
    options.hidden = {5};
    options.input.standardise = "none";
    const Arrays attention{"conv_1.weight [8 36 3]",
                           "conv_1.bias [8]",
                           "conv_1_norm.weight [8]",
                           "conv_1_norm.bias [8]",
                           "attention.in_proj_weight [24 8]",
                           "attention.in_proj_bias [24]",
                           "attention.out_proj.weight [8 8]",
                           "attention.out_proj.bias [8]",
                           "dense_1.weight [5 8]",
                           "dense_1.bias [5]",
                           "output.weight [2 5]",
                           "output.bias [2]",
                           "conv_1_norm.running_mean [8]",
                           "conv_1_norm.running_var [8]",
                           "conv_1_norm.num_batches_tracked []"};
    EXPECT_EQ(arrays_of(make_graph(describe_network(options))), attention);
}

TEST(Graph, comes_back_as_it_was_written) {
    for (const char* kind : {"mlp", "dnn", "lda", "cnn", "separable", "attention", "tcn"}) {
        for (const double views : {0.0, 0.1}) {
            for (const std::int64_t background : {-1, 0, 1, 2}) {
                auto options = options_of(kind);
                if (options.kind == "tcn") {
                    options.frames = 90;
                    options.input.pool = 0;
                    options.input.deviation = false;
                }
                options.paces = options.pitches = views;
                options.answer.background = background;
                const Graph graph = make_graph(describe_network(options));
                const Graph again = Graph::from_json(Json::parse(graph.json().dump()));
                EXPECT_EQ(again.json(), graph.json()) << kind;
                EXPECT_EQ(again.logits(), graph.logits()) << kind;
                EXPECT_EQ(arrays_of(again), arrays_of(graph)) << kind;
                ASSERT_EQ(again.nodes().size(), graph.nodes().size()) << kind;
                for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
                    EXPECT_EQ(again[i].shape, graph[i].shape) << kind << ' ' << i;
                    EXPECT_EQ(again[i].inputs, graph[i].inputs) << kind << ' ' << i;
                    EXPECT_EQ(again[i].views, graph[i].views) << kind << ' ' << i;
                }
                EXPECT_EQ(graph.shape(), (Shape{options.kind == "tcn" ? 8 : 1, 3})) << kind;
            }
        }
    }
}

/// The error of reading a graph of an input [80, 12] and these nodes.
std::string error_of_nodes(const char* nodes, const char* logits = "0") {
    const Json json =
        Json::parse(fmt::format(R"({{"nodes": [{{"op": "input", "shape": [80, 12]}}{}{}], "logits": {}}})",
                                *nodes ? "," : "", nodes, logits));
    return error_of([&] { Graph::from_json(json); });
}

// It was that of the one result, so that a graph passed for small that pads millions of values.
TEST(Graph, work_of_a_convolution_counts_the_values_that_it_pads) {
    Graph graph(1, 1);
    graph.then(op::Reshape{{1, 1, 1}});
    graph.then(
        op::Conv{.channels = 1, .kernel = {1, 1}, .stride = {4096, 4096}, .padding = {2000, 0, 0, 2000}},
        "conv");
    EXPECT_EQ(graph.shape(), (Shape{1, 1, 1}));
    EXPECT_GE(graph.work(), 2001.0 * 2001);
    EXPECT_LT(graph.work(), 6100.0 * 6100);
}

TEST(Graph, of_strangers_is_refused_in_one_line_before_it_takes_memory) {
    EXPECT_EQ(error_of_nodes(""), "no error");
    const std::vector<std::pair<const char*, const char*>> cases{
        {R"({"op": "input", "shape": [80, 12]})", "node 1, input: the first node is the input"},
        {R"({"op": "convolve"})", "node 1: no operation 'convolve' (perhaps a newer earshot wrote it)"},
        {R"({"op": 7})", "node 1: no operation ''"},
        {R"("relu")", "node 1: should be an object"},
        {R"({"op": "linear", "units": 3})", "node 1 has weights and no name"},
        {R"({"op": "linear", "name": 3, "units": 3})", "\"name\" is 3, should be text"},
        {R"({"op": "linear", "name": "a"})", "\"units\" is missing"},
        {R"({"op": "linear", "name": "a", "units": 0})", "\"units\" is 0"},
        {R"({"op": "linear", "name": "a", "units": 2.5})", "\"units\" is 2.5"},
        {R"({"op": "linear", "name": "a", "units": 3}, {"op": "linear", "name": "a", "units": 3})",
         "node 2: the name 'a' is taken"},
        {R"({"op": "pointwise", "from": [1]})", "\"from\" is 1, should be an earlier node, 0 to 0"},
        {R"({"op": "pointwise", "from": [-1]})", "\"from\" is -1"},
        {R"({"op": "pointwise", "from": 0})", "a list of earlier nodes"},
        {R"({"op": "pointwise", "from": [0, 0]})", "it has 2 inputs, should have 1"},
        {R"({"op": "concat", "from": []})", "it has 0 inputs, should have 1"},
        {R"({"op": "pointwise", "function": "sine"})", "\"function\" is \"sine\""},
        {R"({"op": "reshape", "shape": [961]})", "[80, 12] cannot become [961]"},
        {R"({"op": "reshape", "shape": [67108864, 67108864]})", "its result is too large"},
        {R"({"op": "repeat", "axis": 0, "times": 65536}, {"op": "repeat", "axis": 0, "times": 65536})",
         "node 2, repeat: a result of more than 67108864 values"},
        {R"({"op": "repeat", "axis": 5, "times": 2})", "axis 5 of an input [80, 12]"},
        {R"({"op": "linear", "name": "a", "units": 1048576})", "more than 67108864 values"},
        {R"({"op": "conv", "name": "a", "channels": 1, "kernel": [13]})",
         "a kernel over 13 values does not fit 12"},
        {R"({"op": "conv", "name": "a", "channels": 1048576, "kernel": [12], "padding": [0, 0]})",
         "weights or more, at most 134217728 are allowed"},
        {R"({"op": "conv", "name": "a", "channels": 4, "kernel": [3], "groups": 3})", "groups of 80 and 4"},
        {R"({"op": "conv", "name": "a", "channels": 4, "kernel": [3, 3]})", "\"kernel\" has 2 numbers"},
        {R"({"op": "conv", "name": "a", "channels": 4, "kernel": [3], "padding": [12, 0],)"
         R"("padding_kind": "reflect"})",
         "12 values are too few to reflect 12"},
        {R"({"op": "pool", "kernel": [2], "padding": [2, 0]})", "its padding is as wide as its kernel"},
        {R"({"op": "gru", "name": "a", "hidden": 8192})", "weights or more"},
        {R"({"op": "attention", "name": "a", "heads": 5})", "12 channels cannot be divided among 5 heads"},
        {R"({"op": "transpose", "order": [0, 0]})", "order [0, 0] of an input [80, 12]"},
        {R"({"op": "reduce", "axes": [1, 0]})", "\"axes\" are not in rising order"},
        {R"({"op": "slice", "axis": 0, "begin": 3, "end": 3})", "elements 3 to 3 of 80"},
        {R"({"op": "time_features", "steps": 81})", "a window has 80 frames"},
        {R"({"op": "views", "paces": 0.1})", "the views of its last node are not merged"},
        {R"({"op": "views", "paces": 0.1}, {"op": "views", "paces": 0.1})", "has several views already"},
        {R"({"op": "views", "paces": 0.1}, {"op": "binary", "from": [0, 1]})", "different numbers of views"},
        {R"({"op": "reshape", "shape": [960]})", "should give scores for steps and classes"},
        {R"({"op": "a\nb"})", R"("op" is "a\nb", should be a short text without control characters)"},
        {R"({"op": "linear", "name": "\u001b[2J", "units": 3})",
         R"("name" is "\u001b[2J", should be a short)"},
        // The output of the attention has the name of the layer's.
        {R"({"op": "attention", "name": "a"}, {"op": "linear", "name": "a.out_proj", "units": 12})",
         "node 2: there are two arrays 'a.out_proj.weight'"},
        // 9 results, but a padded input of 196608 x 196608.
        {R"({"op": "reshape", "shape": [960, 1, 1]}, {"op": "conv", "name": "a", "channels": 1, "kernel": [1, 1],)"
         R"( "stride": [65536, 65536], "padding": [65536, 65536, 65536, 65536]})",
         "its padded input has more than 67108864 values"},
        {R"({"op": "reshape", "shape": [1, 960, 1]}, {"op": "conv", "name": "a", "channels": 1, )"
         R"("kernel": [1025, 1025], "padding": [1025, 1025, 1025, 1025]})",
         "a kernel of more than 1048576 values"},
        // 62914560 weights, but in a row of their own, which the engine pads to 32.
        {R"({"op": "repeat", "axis": 1, "times": 65536}, {"op": "reshape", "shape": [62914560]},)"
         R"({"op": "linear", "name": "a", "units": 1})",
         "node 3: weights that take the memory of more than 268435456"},
        {R"({"op": "repeat", "axis": 0, "times": 65536}, {"op": "pointwise"}, {"op": "pointwise"},)"
         R"({"op": "pointwise"}, {"op": "pointwise"})",
         "node 5, pointwise: more than 268435456 values in all"},
        {R"({"op": "repeat", "axis": 0, "times": 65536}, {"op": "attention", "name": "a"})",
         "node 2, attention: more than 1e+12 multiplications for a window"}};
    for (const auto& [nodes, wanted] : cases) {
        const std::string error = error_of_nodes(nodes);
        EXPECT_NE(error.find(wanted), std::string::npos) << nodes << ": " << error;
        EXPECT_EQ(error.find('\n'), std::string::npos);
    }
    EXPECT_NE(error_of_nodes("", "1").find("\"logits\" is 1"), std::string::npos);
    std::string many;
    for (std::size_t i = 0; i < Graph::kMaxNodes; ++i)
        many += std::string(i > 0 ? "," : "") + R"({"op": "pointwise"})";
    EXPECT_NE(error_of_nodes(many.c_str()).find("at most 4096 nodes"), std::string::npos);
    EXPECT_NE(error_of([] { Graph::from_json(Json::array()); }).find("\"nodes\" should be a list"),
              std::string::npos);
}

}  // namespace
}  // namespace earshot::network
