// Weights in fewer bits: what is written comes back within bounds, and what strangers write is refused.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "network/weights.h"
#include "npz/half.h"
#include "npz/npz.h"
#include "support/output.h"
#include "unit/model/fixtures.h"

namespace earshot::network {
namespace {

using test::error_of;
using test::TemporaryDirectory;

Graph some_graph() {
    Graph graph(8, 6);
    graph.then(op::Gru{5}, "gru");
    graph.then(op::Transpose{{1, 0}});
    graph.then(op::Conv{.channels = 4, .kernel = {3}}, "conv");
    graph.then(op::BatchNorm{}, "norm");
    graph.then(op::Linear{3}, "output");
    return graph;
}

/// Channel c of each array is of the size of 10^-c, the first one of each array is 0.
Weights some_weights(const Graph& graph) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    Weights weights;
    for (const WeightSpec& spec : graph.weights()) {
        if (spec.kind == WeightSpec::Kind::counter) continue;
        std::vector<float> values(static_cast<std::size_t>(spec.values()));
        const std::size_t each = values.size() / static_cast<std::size_t>(spec.shape[0]);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = i < each ? 0 : normal(random) * std::pow(10.0F, -static_cast<float>(i / each));
        weights.set(spec.name, std::move(values));
    }
    return weights;
}

/// Calls visit(spec, numbers before, numbers after) for each array that was written and read.
void each_array(
    Precision precision,
    const std::function<void(const WeightSpec&, std::span<const float>, std::span<const float>)>& visit) {
    const TemporaryDirectory directory;
    const Graph graph = some_graph();
    const Weights before = some_weights(graph);
    save_weights(graph, before, directory / "weights.npz", precision);
    const Weights after = Weights::read(graph, directory / "weights.npz");
    for (const WeightSpec& spec : graph.weights()) {
        if (spec.kind == WeightSpec::Kind::counter) continue;
        ASSERT_EQ(after[spec.name].size(), before[spec.name].size()) << spec.name;
        visit(spec, before[spec.name], after[spec.name]);
    }
}

TEST(Precision, float32_comes_back_as_it_was) {
    each_array(Precision::float32, [](const WeightSpec& spec, auto before, auto after) {
        EXPECT_TRUE(std::ranges::equal(before, after)) << spec.name;
    });
}

TEST(Precision, rounded_is_what_comes_back) {
    for (const auto precision : {Precision::float32, Precision::float16, Precision::int8}) {
        each_array(precision, [&](const WeightSpec& spec, auto before, auto after) {
            EXPECT_TRUE(std::ranges::equal(rounded(spec, before, precision), after)) << spec.name;
        });
    }
}

TEST(Precision, float16_rounds_what_is_learnt_and_nothing_else) {
    each_array(Precision::float16, [](const WeightSpec& spec, auto before, auto after) {
        for (std::size_t i = 0; i < before.size(); ++i) {
            const auto rounded = static_cast<float>(static_cast<double>(npz::Half::nearest(before[i])));
            EXPECT_EQ(after[i], spec.kind == WeightSpec::Kind::parameter ? rounded : before[i]) << spec.name;
        }
    });
}

TEST(Precision, float16_leaves_an_array_alone_whose_numbers_are_too_large_for_it) {
    const TemporaryDirectory directory;
    Graph graph(1, 2);
    graph.then(op::Linear{1}, "output");
    Weights weights;
    weights.set("output.weight", {1e6F, 0.1F});
    weights.set("output.bias", {0.1F});
    save_weights(graph, weights, directory / "weights.npz", Precision::float16);
    const Weights after = Weights::read(graph, directory / "weights.npz");
    EXPECT_EQ(after["output.weight"][0], 1e6F);
    EXPECT_EQ(after["output.weight"][1], 0.1F);
    EXPECT_NE(after["output.bias"][0], 0.1F);
}

TEST(Precision, int8_is_off_by_half_a_step_of_its_channel_at_most) {
    each_array(Precision::int8, [](const WeightSpec& spec, auto before, auto after) {
        const auto channels = static_cast<std::size_t>(spec.shape[0]);
        const std::size_t each = before.size() / channels;
        for (std::size_t c = 0; c < channels; ++c) {
            float most = 0;
            for (const float value : before.subspan(c * each, each)) most = std::max(most, std::abs(value));
            const float bound = spec.shape.size() >= 2 ? most / 254 * 1.0001F : 0;
            for (std::size_t i = c * each; i < (c + 1) * each; ++i)
                EXPECT_LE(std::abs(after[i] - before[i]), bound) << spec.name << ' ' << i;
        }
    });
}

TEST(Precision, fewer_bits_make_smaller_files_and_equal_weights_equal_ones) {
    const TemporaryDirectory directory;
    Graph graph(1, 256);
    graph.then(op::Linear{128}, "output");
    const Weights weights = some_weights(graph);
    const auto bytes = [&](const char* name, Precision precision) {
        save_weights(graph, weights, directory / name, precision);
        return static_cast<double>(std::filesystem::file_size(directory / name));
    };
    const auto whole = bytes("4.npz", Precision::float32), half = bytes("2.npz", Precision::float16),
               least = bytes("1.npz", Precision::int8);
    EXPECT_LT(half, whole * 0.52);
    EXPECT_LT(least, whole * 0.28);
    bytes("again.npz", Precision::int8);
    EXPECT_EQ(read_text(directory / "again.npz"), read_text(directory / "1.npz"));
}

TEST(Precision, a_channel_of_vanishing_weights_is_zero) {
    const TemporaryDirectory directory;
    Graph graph(1, 2);
    graph.then(op::Linear{2, false}, "output");
    Weights weights;
    weights.set("output.weight", {1e-40F, -1e-44F, 3e38F, -3e38F});
    save_weights(graph, weights, directory / "weights.npz", Precision::int8);
    const Weights after = Weights::read(graph, directory / "weights.npz");
    EXPECT_EQ(after["output.weight"][0], 0);
    EXPECT_NEAR(after["output.weight"][2] / 3e38F, 1, 1e-6);
}

using Write = std::function<void(npz::NpzWriter&)>;

/// The error of reading a linear layer of 2 inputs and 3 units from what `write` writes.
std::string error_of_file(const Write& write) {
    const TemporaryDirectory directory;
    Graph graph(1, 2);
    graph.then(op::Linear{3}, "output");
    const auto output = open_output(directory / "weights.npz");
    npz::NpzWriter writer(*output, false);
    write(writer);
    writer.finish();
    output->close();
    return error_of([&] { Weights::read(graph, directory / "weights.npz"); });
}

TEST(Precision, int8_of_strangers_is_checked) {
    const std::vector<std::int8_t> numbers{-128, 127, 0, 1, -1, 5};
    const std::vector<float> ones{1, 1, 1}, bias{0, 0, 0};
    const auto with = [&](std::vector<std::size_t> shape, std::vector<float> scales) -> Write {
        return [=](npz::NpzWriter& writer) {
            writer.add<std::int8_t>("output.weight", {3, 2}, numbers);
            if (!scales.empty()) writer.add<float>("output.weight.scale", shape, scales);
            writer.add<float>("output.bias", {3}, bias);
        };
    };
    EXPECT_EQ(error_of_file(with({3}, {1, 0.5F, 2})), "no error");
    const auto has = [](const std::string& error, const char* wanted) {
        EXPECT_NE(error.find(wanted), std::string::npos) << error;
    };
    has(error_of_file(with({}, {})), "array 'output.weight.scale' is missing");
    has(error_of_file(with({2}, {1, 1})),
        "'output.weight.scale' has shape (2), but the architecture needs (3)");
    has(error_of_file(with({3, 1}, ones)), "'output.weight.scale' has shape (3, 1)");
    has(error_of_file(with({3}, {1, NAN, 1})), "'output.weight.scale' holds NaN or infinity");
    has(error_of_file(with({3}, {1, INFINITY, 1})), "'output.weight.scale' holds NaN or infinity");
    has(error_of_file(with({3}, {3e38F, 1, 1})), "'output.weight' has a scale that is too large");
    has(error_of_file([&](npz::NpzWriter& writer) {
            writer.add<std::int8_t>("output.weight", {2, 3}, numbers);
            writer.add<float>("output.weight.scale", {3}, ones);
            writer.add<float>("output.bias", {3}, bias);
        }),
        "'output.weight' has shape (2, 3), but the architecture needs (3, 2)");
    has(error_of_file([&](npz::NpzWriter& writer) {
            writer.add<std::int8_t>("output.weight", {3, 2}, numbers);
            writer.add<std::int8_t>("output.weight.scale", {3}, std::span(numbers).first(3));
            writer.add<float>("output.bias", {3}, bias);
        }),
        "'output.weight.scale' should be of type float32 or float16");
    // A scale of what needs none.
    has(error_of_file([&](npz::NpzWriter& writer) {
            writer.add<float>("output.weight", {3, 2}, std::vector<float>(6));
            writer.add<float>("output.weight.scale", {3}, ones);
            writer.add<float>("output.bias", {3}, bias);
        }),
        "array 'output.weight.scale' does not belong to this architecture");
    // A bias has one number a channel, so int8 gains nothing there.
    has(error_of_file([&](npz::NpzWriter& writer) {
            writer.add<float>("output.weight", {3, 2}, std::vector<float>(6));
            writer.add<std::int8_t>("output.bias", {3}, std::span(numbers).first(3));
            writer.add<float>("output.bias.scale", {3}, ones);
        }),
        "'output.bias' should be of type float32 or float16");
}

}  // namespace
}  // namespace earshot::network
