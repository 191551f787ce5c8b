#include "network/torch/network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "network/architecture.h"
#include "unit/model/fixtures.h"

namespace earshot::network {
namespace {

using test::error_of;
using test::mlp_architecture;
using Json = nlohmann::ordered_json;

Json small() { return mlp_architecture(4, 3, {}, 0); }

/// A stream of the given tensors.
TensorStream stream(std::vector<torch::Tensor> batches) {
    return [batches = std::move(batches), next = std::size_t{0}]() mutable {
        return next < batches.size() ? batches[next++] : torch::Tensor();
    };
}

TEST(Mlp, is_twice_as_wide_as_its_input_then_three_quarters) {
    EXPECT_EQ(mlp_architecture(100, 5, {}, 0.2).dump(),
              R"({"kind":"mlp","inputs":100,"input":{"compress":"log","floor":1e-05,"standardise":"data"},)"
              R"("hidden":[200,75],"dropout":0.2,"classes":5,"answer":"softmax"})");
    EXPECT_EQ(mlp_architecture(1, 2, {}, 0)["hidden"].dump(), "[2,1]");
}

TEST(Mlp, answers_are_those_of_the_formula) {
    torch::manual_seed(3);
    const auto network = std::make_unique<Network>(small());
    network->eval();
    const auto windows = torch::rand({5, 4});
    network->fit_input(stream({windows}));
    const auto answers = network->forward(windows);

    const auto parameter = [&](const char* name) {
        return tensor_of(network->tensors(), name).detach().to(torch::kFloat64);
    };
    const auto dense = [&](const std::vector<double>& in, const std::string& name, bool last) {
        const auto weight = parameter((name + ".weight").c_str()), bias = parameter((name + ".bias").c_str());
        std::vector<double> out;
        for (int o = 0; o < weight.size(0); ++o) {
            double sum = bias[o].item<double>();
            for (int i = 0; i < weight.size(1); ++i)
                sum += weight[o][i].item<double>() * in[static_cast<std::size_t>(i)];
            out.push_back(last ? sum : std::max(0.0, sum));
        }
        return out;
    };
    for (int n = 0; n < 5; ++n) {
        std::vector<double> values;
        for (int d = 0; d < 4; ++d) {
            const double compressed = std::log(windows[n][d].item<double>() + 1e-5);
            values.push_back((compressed - parameter("input.mean")[d].item<double>()) /
                             parameter("input.deviation")[d].item<double>());
        }
        const auto expected = dense(dense(dense(values, "dense_1", false), "dense_2", false), "output", true);
        for (int c = 0; c < 3; ++c) {
            EXPECT_NEAR(answers[n][c].item<double>(), expected[static_cast<std::size_t>(c)], 1e-5);
        }
    }
}

TEST(Mlp, dropout_acts_only_while_learning) {
    const auto network = std::make_unique<Network>(mlp_architecture(4, 3, {}, 0.5));
    const auto windows = torch::rand({64, 4});
    network->train();
    EXPECT_FALSE(torch::equal(network->forward(windows), network->forward(windows)));
    network->eval();
    EXPECT_TRUE(torch::equal(network->forward(windows), network->forward(windows)));
}

TEST(Mlp, learns_along_the_gradients_of_its_answers) {
    for (const auto& hidden : {Json::array({5, 4}), Json::array()}) {
        Json architecture = small();
        architecture["layer_norm"] = true;
        architecture["hidden"] = hidden;
        torch::manual_seed(8);
        const auto network = std::make_unique<Network>(architecture);
        {
            const torch::NoGradGuard no_gradients;
            tensor_of(network->tensors(), "norm.weight").uniform_(0.5, 2);
            tensor_of(network->tensors(), "norm.bias").uniform_(-1, 1);
        }
        const auto windows = torch::rand({7, 4});
        const auto gradients = [&](bool learning) {
            network->zero_grad();
            network->train(learning);
            const auto answers = network->forward(windows);
            answers.square().sum().backward();
            std::vector<torch::Tensor> all{answers.detach()};
            for (const auto& [name, tensor] : network->parameters()) all.push_back(tensor.grad().clone());
            return all;
        };
        const auto judging = gradients(false), learning = gradients(true);
        ASSERT_EQ(judging.size(), learning.size());
        for (std::size_t i = 0; i < judging.size(); ++i)
            EXPECT_TRUE(torch::allclose(learning[i], judging[i], 1e-4, 1e-5)) << i;
    }
}

TEST(Registry, refuses_what_it_cannot_build_before_taking_memory) {
    const auto with = [](const char* key, const Json& value) {
        Json architecture = small();
        value.is_discarded() ? static_cast<void>(architecture.erase(key))
                             : static_cast<void>(architecture[key] = value);
        return error_of([&] { make_graph(architecture); });
    };
    const Json missing(Json::value_t::discarded);
    const std::vector<std::tuple<const char*, Json, std::string>> cases{
        {"kind", "transformer",
         "architecture: no network of kind 'transformer' (known: mlp, cnn, separable, attention, tcn, "},
        {"kind", 7, "architecture: \"kind\" is 7, should be text"},
        {"kind", missing, "architecture: \"kind\" is missing"},
        {"inputs", 0, "\"inputs\" is 0, should be a whole number from 1 to"},
        {"inputs", -1, "\"inputs\" is -1"},
        {"inputs", 1.5, "\"inputs\" is 1.5"},
        {"inputs", 18446744073709551615ULL, "\"inputs\" is 18446744073709551615"},
        {"inputs", nullptr, "\"inputs\" is null"},
        {"classes", "many", "\"classes\" is \"many\""},
        {"hidden", 12, "\"hidden\" should be a list"},
        {"hidden", Json(std::vector<int>(1000, 1)), "\"hidden\" should be a list of at most 16"},
        {"hidden", {1 << 20, 1 << 20}, "weights or more, at most"},
        {"hidden", {0}, "\"hidden\" is 0"},
        {"dropout", 1, "\"dropout\" is 1, should be a number from 0 to 0.99"},
        {"dropout", "x", "\"dropout\" is \"x\""},
        {"paces", 1, "\"paces\" is 1, should be a number from 0 to 0.5"},
        {"pitches", -0.1, "\"pitches\" is -0.1"},
        {"input", missing, "\"input\" is missing"},
        {"input", {{"compress", "zip"}}, "\"compress\" is \"zip\", should be none, sqrt or log"},
        {"input", {{"compress", "log"}}, "\"floor\" is missing"},
        {"input", {{"compress", "log"}, {"floor", 0}}, "\"floor\" is 0"},
    };
    for (const auto& [key, value, message] : cases) {
        EXPECT_NE(with(key, value).find(message), std::string::npos) << key << ": " << with(key, value);
    }
}

// Windows that rise by one from frame to frame and by ten from band to band, so that it is plain what they
// become.
TEST(Network, hears_windows_at_other_paces_and_pitches_once_it_has_learnt) {
    constexpr int kFrames = 6, kBands = 4;
    const auto window = [](auto frame, auto band) {
        auto values = torch::empty({kFrames, kBands});
        for (int k = 0; k < kFrames; ++k) {
            for (int d = 0; d < kBands; ++d) values[k][d] = frame(k) + 10 * band(d);
        }
        return values.view({1, -1});
    };
    const auto as_is = [](int i) { return static_cast<double>(i); };
    const auto slower = [](int k) { return k * 2 / 5.0; };  // the first three frames take the time of six
    const auto faster = [](int k) {  // six frames and, for three, their mean take the time of six
        const double place = k * 8 / 5.0;
        return place < 5 ? place : place < 6 ? 5 - 2.5 * (place - 5) : 2.5;
    };
    const auto lower = [](int d) { return std::min(3.0, d * 1.25); };
    const auto higher = [](int d) { return d * 0.75; };
    const auto plain = window(as_is, as_is);
    const auto ways = torch::cat(
        {plain, window(slower, as_is), window(faster, as_is), window(as_is, higher), window(as_is, lower)});

    for (const std::int64_t background : {-1, 1}) {
        NetworkOptions options;
        options.kind = "lda";
        options.frames = kFrames;
        options.inputs = kBands;
        options.input.compression = {"none", 0};
        options.input.standardise = "none";
        options.answer.classes = 3;
        options.answer.background = background;
        const auto heard = [&](double paces, double pitches) {
            options.paces = paces;
            options.pitches = pitches;
            torch::manual_seed(5);
            const auto network = std::make_unique<Network>(describe_network(options));
            const torch::NoGradGuard no_gradients;
            // Two windows at once: none sees the other.
            const auto both = network->hear(torch::cat({plain * 2, plain}));
            EXPECT_TRUE(torch::allclose(both[1], network->hear(plain)[0], 1e-4, 1e-4));
            return std::pair(both[1], network->forward(ways));
        };
        const auto merged = [&](const torch::Tensor& logits) {
            return background < 0 ? logits.amax(0) : logits.mean(0);
        };
        const auto same = [](const torch::Tensor& a, const torch::Tensor& b) {
            return torch::allclose(a, b, 1e-4, 1e-4);
        };
        const auto [plainly, logits] = heard(0, 0);
        EXPECT_TRUE(same(plainly, logits[0]));
        EXPECT_TRUE(same(heard(0.5, 0).first, merged(logits.slice(0, 0, 3))));
        EXPECT_TRUE(
            same(heard(0, 0.25).first, merged(torch::cat({logits.slice(0, 0, 1), logits.slice(0, 3)}))));
        EXPECT_TRUE(same(heard(0.5, 0.25).first, merged(logits)));
        EXPECT_FALSE(same(heard(0.5, 0.25).first, plainly));
    }
}

}  // namespace
}  // namespace earshot::network
