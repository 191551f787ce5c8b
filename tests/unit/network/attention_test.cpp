#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cmath>

#include "model/scorer.h"
#include "network/architecture.h"
#include "network/compute_threads.h"
#include "network/torch/attention_weights.h"
#include "network/torch/autocast.h"
#include "network/torch/conv_block.h"
#include "network/torch/network.h"
#include "unit/model/fixtures.h"

namespace earshot::network {
namespace {

using test::error_of;
using Json = nlohmann::ordered_json;

Json architecture_of(std::int64_t samples) {
    NetworkOptions options;
    options.kind = "attention";
    options.inputs = samples;
    options.input = {{"none", 0}, 0, 0, "none"};
    options.dropout = 0.3;
    return describe_network(options);
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
    EXPECT_EQ(a.sizes(), b.sizes());
    return ((a - b).abs().max() / b.abs().max().clamp_min(1e-3)).item<double>();
}

/// The layers of a block.
struct Block {
    torch::nn::Conv1d conv;
    torch::nn::BatchNorm1d norm;

    Block(std::int64_t in, std::int64_t out, std::int64_t stride)
        : conv(torch::nn::Conv1dOptions(in, out, 3).stride(stride).padding(1)), norm(out) {
        torch::NoGradGuard no_gradients;
        norm->weight.normal_();  // of either sign: a negative one makes the lowest step the highest
        norm->bias.normal_();
    }

    torch::Tensor ours(const torch::Tensor& input) {
        const std::vector<torch::Tensor> convolution{conv->weight, conv->bias},
            normalisation{norm->weight, norm->bias, norm->running_mean, norm->running_var,
                          norm->num_batches_tracked};
        return conv_block(input, {convolution, normalisation, conv->options.stride()->front()},
                          norm->is_training());
    }
    torch::Tensor composed(const torch::Tensor& input) {
        return torch::relu(torch::max_pool1d(norm(conv(input.transpose(1, 2))), 2)).transpose(1, 2);
    }
};

std::int64_t pooled_steps(std::int64_t steps, std::int64_t stride) { return ((steps - 1) / stride + 1) / 2; }

/// Gradients of the parts of a block and of its input, then running mean and variance.
std::vector<torch::Tensor> learnt(Block& block, const torch::Tensor& values, const torch::Tensor& slopes,
                                  bool ours) {
    const auto input = values.clone().requires_grad_();
    block.norm->reset_running_stats();
    const auto out = ours ? block.ours(input) : block.composed(input);
    for (const auto& part : {block.conv->weight, block.norm->weight, block.norm->bias})
        part.mutable_grad().reset();
    out.backward(slopes);
    return {out.detach(),
            input.grad(),
            block.conv->weight.grad(),
            block.norm->weight.grad(),
            block.norm->bias.grad(),
            block.norm->running_mean.clone(),
            block.norm->running_var.clone()};
}

TEST(ConvBlock, learns_as_the_layers_that_it_stands_for) {
    torch::manual_seed(1);
    for (const int threads : {1, 2}) {
        set_compute_threads(threads);
        for (const auto& [steps, channels, stride] :
             {std::tuple{40, 1, 1}, {41, 5, 2}, {1500, 3, 2}, {1031, 4, 1}, {17, 2, 5}}) {
            Block block(channels, 6, stride);
            const auto values = torch::randn({3, steps, channels});
            const auto slopes = torch::randn({3, pooled_steps(steps, stride), 6});
            const auto expected = learnt(block, values, slopes, false),
                       found = learnt(block, values, slopes, true);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                EXPECT_LT(difference(found[i], expected[i]), 2e-5)
                    << "part " << i << ", " << steps << " steps";
            }
        }
    }
    set_compute_threads(1);
}

/// How far a is from b in the mean, of b's size.
double distance(const torch::Tensor& a, const torch::Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
}

// bfloat16 rounds by up to 1/256; what is expected is of float32.
TEST(Autocast, is_near_float32_but_not_it) {
    torch::manual_seed(4);
    Block block(40, 24, 2);
    const auto values = torch::randn({3, 1031, 40}), slopes = torch::randn({3, pooled_steps(1031, 2), 24});
    const auto steps = torch::randn({2, 300, 64}), weight_slopes = torch::randn({2, 4, 300});
    const auto attend = [&] {
        const auto input = steps.clone().requires_grad_();
        const auto weights = mean_attention(input, 4);
        weights.backward(weight_slopes);
        return std::vector{weights.detach(), input.grad()};
    };
    const auto expected = learnt(block, values, slopes, true), weights = attend();
    EXPECT_FALSE(multiplies_in_bfloat16());
    std::vector<torch::Tensor> rounded, rounded_weights;
    {
        const AutocastScope scope(true);
        EXPECT_TRUE(multiplies_in_bfloat16());
        rounded = learnt(block, values, slopes, true);
        rounded_weights = attend();
        const AutocastScope off(false);
        EXPECT_FALSE(multiplies_in_bfloat16());
    }
    EXPECT_FALSE(multiplies_in_bfloat16());
    const auto check = [](const torch::Tensor& found, const torch::Tensor& exact, const char* what,
                          std::size_t i) {
        EXPECT_EQ(found.scalar_type(), torch::kFloat32) << what << i;
        EXPECT_GT(distance(found, exact), 1e-6) << what << i;
        EXPECT_LT(distance(found, exact), 0.02) << what << i;
    };
    // Where two steps are nearly alike the other one may be the higher: their slopes change places.
    for (const std::size_t i : {0, 5, 6}) check(rounded[i], expected[i], "block ", i);
    for (const std::size_t i : {1, 2, 3, 4}) EXPECT_LT(distance(rounded[i], expected[i]), 0.1) << i;
    for (const std::size_t i : {0, 1}) check(rounded_weights[i], weights[i], "attention ", i);
}

TEST(ConvBlock, answers_as_the_layers_that_it_stands_for) {
    torch::manual_seed(2);
    Block block(4, 8, 2);
    {
        const torch::NoGradGuard no_gradients;
        block.norm->running_mean.normal_();
        block.norm->running_var.uniform_(0.5, 2);
    }
    block.norm->eval();
    const auto values = torch::randn({2, 1333, 4});
    EXPECT_LT(difference(block.ours(values), block.composed(values)), 1e-5);
}

TEST(MeanAttention, is_the_mean_of_attention_as_it_is_written) {
    torch::manual_seed(3);
    for (const int threads : {1, 2}) {
        set_compute_threads(threads);
        for (const auto& [steps, heads, width] : {std::tuple{1, 1, 4}, {7, 2, 3}, {128, 2, 8}, {300, 4, 8}}) {
            const auto values = torch::randn({2, steps, 2 * heads * width}) * 2;
            const auto slopes = torch::randn({2, heads, steps});
            const auto a = values.clone().requires_grad_(), b = values.clone().requires_grad_();
            const auto found = mean_attention(a, heads), expected = composed_mean_attention(b, heads);
            EXPECT_LT(difference(found, expected), 1e-5) << steps;
            found.backward(slopes);
            expected.backward(slopes);
            EXPECT_LT(difference(a.grad(), b.grad()), 1e-5) << steps;
        }
    }
    set_compute_threads(1);
}

TEST(MeanAttention, bears_scores_that_overflow_an_exponential) {
    const auto values = torch::full({1, 20, 8}, 100.0F);
    EXPECT_LT(difference(mean_attention(values, 1), torch::full({1, 1, 20}, 1 / 20.0)), 1e-6);
}

/// LibTorch's "meta" device has shapes and no memory: what reads a tensor there as if it lay in the
/// processor's fails, as it would with a graphics processor's.
TEST(MeanAttention, goes_by_operations_where_the_processor_has_no_memory) {
    const auto weights = mean_attention(torch::empty({3, 20, 16}, torch::kMeta), 2);
    EXPECT_EQ(weights.sizes(), (torch::IntArrayRef{3, 2, 20}));
    EXPECT_TRUE(weights.is_meta());
}

TEST(Attention, has_the_parameters_of_the_network_that_it_follows) {
    std::int64_t parameters = 0;
    for (const auto& spec : make_graph(architecture_of(44100)).weights())
        parameters += spec.kind == WeightSpec::Kind::parameter ? spec.values() : 0;
    EXPECT_EQ(parameters, 651010);
}

TEST(Attention, takes_frames_with_bands_as_channels) {
    Json architecture = architecture_of(12);
    architecture["frames"] = 64;
    const Network network(architecture);
    EXPECT_EQ(tensor_of(network.tensors(), "conv_1.weight").sizes(), (torch::IntArrayRef{64, 12, 3}));
    EXPECT_EQ(network.forward(torch::randn({3, 64 * 12})).sizes(), (torch::IntArrayRef{3, 2}));
}

TEST(Attention, refuses_what_cannot_be) {
    const auto with = [](const char* key, const Json& value) {
        Json architecture = architecture_of(4000);
        architecture[key] = value;
        return error_of([&] { make_graph(architecture); });
    };
    EXPECT_NE(with("inputs", 21).find("21 steps are too few"), std::string::npos);
    EXPECT_EQ(with("inputs", 22), "no error");
    EXPECT_NE(with("heads", 7).find("256 channels cannot be divided among 7 heads"), std::string::npos);
    EXPECT_NE(with("strides", {1, 2}).find("\"channels\" has 3 numbers, but \"strides\" has 2"),
              std::string::npos);
    EXPECT_NE(with("strides", {1, 2, 0}).find("\"strides\" is 0"), std::string::npos);
    EXPECT_NE(with("channels", 64).find("\"channels\" should be a list"), std::string::npos);
    EXPECT_NE(with("hidden", Json::array()).find("\"hidden\" should be a list"), std::string::npos);
}

}  // namespace
}  // namespace earshot::network
