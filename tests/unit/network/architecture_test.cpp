#include "network/architecture.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "network/graph.h"
#include "support/setting.h"
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
    options.input.compression = {"none", 0};
    return options;
}

/// The shape of an array of the network that options describe; empty if there is none.
Shape shape_in(const NetworkOptions& options, const std::string& name) {
    for (const WeightSpec& spec : make_graph(describe_network(options)).weights()) {
        if (spec.name == name) return spec.shape;
    }
    return {};
}

/// As model.json of earshot 0.1 has them.
TEST(Architecture, sizes_that_nobody_chose_are_those_of_the_first_version) {
    const std::string common =
        R"("inputs": 12, "frames": 80, "input": {"compress": "none", "standardise": "data"}, "dropout": 0.0,)"
        R"("classes": 2, )";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"mlp", R"("kind": "mlp", "hidden": [1920, 720], "answer": "softmax")"},
        {"dnn", R"("kind": "mlp", "layer_norm": true, "hidden": [512, 256], "answer": "softmax")"},
        {"lda", R"("kind": "mlp", "hidden": [], "head": "lda", "answer": "likeness")"},
        {"cnn", R"("kind": "cnn", "channels": [16, 32, 48], "units": 64, "answer": "softmax")"},
        {"separable",
         R"("kind": "separable", "channels": [16, 32, 64, 64], "units": 64, "answer": "softmax")"},
        {"attention",
         R"("kind": "attention", "channels": [64, 128, 256], "strides": [1, 2, 2], "heads": 8,
            "hidden": [512, 256], "answer": "softmax")"},
        {"tcn",
         R"("kind": "tcn", "channels": [16, 32, 64, 64], "units": 128, "dilations": [1, 2, 4, 8],
            "answer": "softmax")"},
        {"linear", R"("kind": "linear", "answer": "softmax")"},
        {"neighbours", R"("kind": "neighbours", "nearest": 5, "answer": "likeness")"}};
    for (const auto& [kind, own] : cases) {
        const nlohmann::json wanted = nlohmann::json::parse("{" + common + own + "}");
        EXPECT_EQ(nlohmann::json(describe_network(options_of(kind))), wanted) << kind;
    }
}

TEST(Architecture, sizes_are_settings) {
    auto cnn = options_of("cnn");
    cnn.channels = {4, 6};
    cnn.units = 5;
    EXPECT_EQ(shape_in(cnn, "conv_2.weight"), (Shape{6, 4, 3, 3}));
    EXPECT_EQ(shape_in(cnn, "mix.weight"), (Shape{5, 6 * 3}));

    auto attention = options_of("attention");
    attention.channels = {8, 12};
    attention.heads = 4;
    attention.hidden = {7};
    EXPECT_EQ(describe_network(attention)["strides"], Json::array({1, 2}));
    EXPECT_EQ(shape_in(attention, "conv_2.weight"), (Shape{12, 8, 3}));
    EXPECT_EQ(shape_in(attention, "dense_1.weight"), (Shape{7, 12}));

    for (const char* kind : {"mlp", "dnn"}) {
        auto dense = options_of(kind);
        dense.hidden = {9, 8, 7};
        EXPECT_EQ(shape_in(dense, "dense_3.weight"), (Shape{7, 8})) << kind;
    }
}

TEST(Architecture, sizes_of_other_kinds_are_refused) {
    const auto error = [](const std::string& kind, auto change) {
        auto options = options_of(kind);
        change(options);
        return error_of([&] { describe_network(options); });
    };
    EXPECT_EQ(error("mlp", [](auto& o) { o.channels = {8}; }),
              "--channels is for --arch cnn, separable, attention, tcn");
    EXPECT_EQ(error("cnn", [](auto& o) { o.strides = {1}; }), "--strides is for --arch attention");
    EXPECT_EQ(error("dnn", [](auto& o) { o.heads = 2; }), "--heads is for --arch attention");
    EXPECT_EQ(error("attention", [](auto& o) { o.units = 2; }),
              "--units is for --arch cnn, separable, tcn, temporal, ears-events");
    EXPECT_EQ(error("lda", [](auto& o) { o.hidden = {2}; }), "--hidden is for --arch mlp, dnn, attention");
    EXPECT_EQ(error("linear", [](auto& o) { o.nearest = 2; }), "--nearest is for --arch neighbours");
    EXPECT_EQ(error("neighbours", [](auto& o) { o.penalty = 2; }), "--penalty is for --arch linear");
    EXPECT_EQ(error("linear", [](auto& o) { o.head = "lda"; }),
              "--head is for networks that learn, not for --arch linear");
    EXPECT_EQ(error("linear", [](auto& o) { o.input.standardise = "window"; }),
              "--arch linear needs --standardise data or none (or --pool, instead of mean and maximum)");
}

TEST(Architecture, neighbours_have_a_row_of_weights_for_each_example) {
    auto options = options_of("neighbours");
    options.examples = {4, 1};
    EXPECT_EQ(shape_in(options, "output.weight"), (Shape{5, 24}));  // mean and maximum of 12 bands
    auto json = describe_network(options);
    EXPECT_EQ(read_network(json).examples, options.examples);
    const auto with = [&](const Json& examples) {
        json["examples"] = examples;
        return error_of([&] { read_network(json); });
    };
    EXPECT_NE(with({4, 1, 2}).find("has 3 numbers, should have 2"), std::string::npos);
    EXPECT_NE(with({4, 0}).find("\"examples\""), std::string::npos);
    json.erase("examples");
    EXPECT_NE(error_of([&] { read_network(json); }).find("\"examples\" is missing"), std::string::npos);
}

TEST(Architecture, reads_back_what_it_describes) {
    auto options = options_of("cnn");
    options.input = {{"log", 1e-3}, 2, 20, "mean", true, {25, LogOf::magnitude}};
    options.channels = {4, 6};
    options.dropout = 0.25;
    options.paces = 0.1;
    const auto json = describe_network(options);
    auto read = read_network(json);
    EXPECT_EQ(settings_json(input_settings(read.input)), settings_json(input_settings(options.input)));
    EXPECT_EQ(read.channels, options.channels);
    EXPECT_EQ(read.units, 64);
    EXPECT_EQ(read.dropout, 0.25);
    EXPECT_EQ(read.paces, 0.1);
    auto without = json;
    without.erase("units");
    EXPECT_EQ(error_of([&] { read_network(without); }), "architecture: \"units\" is missing");
}

}  // namespace
}  // namespace earshot::network
