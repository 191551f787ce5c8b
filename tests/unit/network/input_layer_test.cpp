// What prepares frames for the layers that learn.

#include <gtest/gtest.h>

#include <cmath>

#include "network/architecture.h"
#include "network/torch/network.h"
#include "unit/model/fixtures.h"

namespace earshot::network {
namespace {

using test::error_of;
using Json = nlohmann::ordered_json;

/// The nodes of a dense network before its layers.
Graph input_of(const Json& architecture) {
    const Graph whole = make_graph(architecture);
    Graph input(whole.frames(), whole.bands());
    for (const Node& node : whole.nodes().subspan(1)) {
        if (node.shape.size() == 1) break;
        input.add(node.name, node.op, node.inputs);
    }
    input.mark_logits();
    return input;
}

struct InputLayer {
    Network network;
    Walker input;

    explicit InputLayer(const Json& architecture) : network(architecture), input(input_of(architecture)) {}

    void fit(const TensorStream& windows) {
        network.fit_input(windows);
        for (const auto& [name, tensor] : input.tensors())
            copy_tensors({{name, tensor_of(network.tensors(), name)}}, {{name, tensor}});
    }
    /// [n, planes, steps, bands]
    torch::Tensor forward(const torch::Tensor& windows) const { return input.forward(windows); }
};

InputLayer layer_of(std::int64_t frames, std::int64_t bands, const InputOptions& input) {
    NetworkOptions options;
    options.kind = "lda";
    options.frames = frames;
    options.inputs = bands;
    options.input = input;
    return InputLayer(describe_network(options));
}

/// A stream of the given tensors.
TensorStream batches_of(std::vector<torch::Tensor> batches) {
    return [batches = std::move(batches), next = std::size_t{0}]() mutable {
        return next < batches.size() ? batches[next++] : torch::Tensor();
    };
}

/// One window, from the definitions in double precision: planes x steps x bands.
std::vector<double> defined(const std::vector<double>& frames, std::size_t bands, const InputOptions& input) {
    const std::size_t rows = frames.size() / bands;
    const std::size_t steps = input.pool > 0 ? static_cast<std::size_t>(input.pool) : rows;
    std::vector<double> plane = frames, features;
    for (int p = 0; p <= input.deltas; ++p) {
        for (std::size_t s = 0; s < steps; ++s) {
            const std::size_t from = s * rows / steps, to = (s + 1) * rows / steps;
            for (std::size_t b = 0; b < bands; ++b) {
                double sum = 0;
                for (auto r = from; r < to; ++r) sum += plane[r * bands + b];
                features.push_back(sum / static_cast<double>(to - from));
            }
        }
        std::vector<double> change(plane.size());
        for (std::size_t i = bands; i < plane.size(); ++i) change[i] = plane[i] - plane[i - bands];
        plane = change;
    }
    for (std::size_t s = 0; s < steps && input.deviation; ++s) {
        const std::size_t from = s * rows / steps, to = (s + 1) * rows / steps;
        for (std::size_t b = 0; b < bands; ++b) {
            double squares = 0;
            for (auto r = from; r < to; ++r)
                squares += std::pow(frames[r * bands + b] - features[s * bands + b], 2);
            features.push_back(std::sqrt(squares / static_cast<double>(to - from)));
        }
    }
    const auto planes = static_cast<std::size_t>(input.deltas) + 1 + (input.deviation ? 1 : 0);
    for (std::size_t p = 0; p < planes; ++p) {
        double all = 0;  // squares around the bands' means
        std::vector<double> deviation(bands);
        for (std::size_t b = 0; b < bands; ++b) {
            const auto at = [&](std::size_t s) -> double& { return features[(p * steps + s) * bands + b]; };
            double mean = 0, squares = 0;
            for (std::size_t s = 0; s < steps; ++s) mean += at(s) / static_cast<double>(steps);
            for (std::size_t s = 0; s < steps; ++s) squares += std::pow(at(s) -= mean, 2);
            deviation[b] = std::sqrt(squares / static_cast<double>(steps));
            all += squares;
        }
        const double common = std::sqrt(all / static_cast<double>(steps * bands));
        for (std::size_t i = 0; i < steps * bands; ++i)
            features[p * steps * bands + i] /=
                (input.standardise == "mean" ? common : deviation[i % bands]) + 1e-5;
    }
    return features;
}

TEST(InputLayer, windows_become_what_the_definitions_say) {
    torch::manual_seed(2);
    for (const char* standardise : {"window", "mean"}) {
        for (const int deltas : {0, 1, 2}) {
            for (const std::int64_t pool : {0, 5, 4}) {  // 4 does not divide 30
                InputOptions input;
                input.compression = {"none", 0};
                input.deltas = deltas;
                input.pool = pool;
                input.deviation = pool > 0 && deltas != 1;
                input.standardise = standardise;
                const InputLayer layer = layer_of(30, 3, input);
                const auto windows = torch::rand({2, 90}) * 7 - 3;
                const auto out = layer.forward(windows);
                for (int n = 0; n < 2; ++n) {
                    std::vector<double> frames;
                    for (int i = 0; i < 90; ++i) frames.push_back(windows[n][i].item<double>());
                    const auto wanted = defined(frames, 3, input);
                    const auto got = out[n].flatten();
                    ASSERT_EQ(got.numel(), static_cast<std::int64_t>(wanted.size()));
                    for (std::size_t i = 0; i < wanted.size(); ++i)
                        ASSERT_NEAR(got[static_cast<std::int64_t>(i)].item<double>(), wanted[i], 2e-4)
                            << standardise << ' ' << deltas << ' ' << pool << ' ' << i;
                }
            }
        }
    }
}

// What differs between rooms and lines, a gain for each band, must not matter to a phrase.
TEST(InputLayer, a_window_by_itself_forgets_gain_and_channel) {
    InputOptions input;
    input.compression = {"none", 0};
    for (const char* standardise : {"window", "mean"}) {
        input.standardise = standardise;
        const InputLayer layer = layer_of(20, 4, input);
        const auto windows = torch::rand({3, 80});
        const auto channel = (torch::rand({4}) * 10 - 5).repeat({20});
        EXPECT_LT((layer.forward(windows) - layer.forward(windows + channel)).abs().max().item<double>(),
                  1e-4);
        EXPECT_TRUE(torch::isfinite(layer.forward(torch::zeros({1, 80}))).all().item<bool>());
    }
}

// From the definition, in double precision; silence included.
TEST(InputLayer, a_range_adds_even_noise_below_the_mean_power) {
    for (const LogOf values : {LogOf::power, LogOf::magnitude}) {
        InputOptions input;
        input.compression = {"none", 0};
        input.standardise = "none";
        input.range = {20, values};
        const double logarithms = values == LogOf::power ? 1 : 2;
        const auto layer = layer_of(5, 3, input);
        torch::manual_seed(1);
        for (const double level : {0.0, -400.0, 400.0}) {  // of which float32 has no powers
            const auto windows = torch::rand({2, 15}) * 20 + level;
            const auto out = layer.forward(windows).view({2, 15});
            for (int n = 0; n < 2; ++n) {
                double sum = 0;
                const auto power = [&](int i) {
                    return std::exp((windows[n][i].item<double>() - level) * logarithms);
                };
                for (int i = 0; i < 15; ++i) sum += power(i);
                for (int i = 0; i < 15; ++i)
                    ASSERT_NEAR(out[n][i].item<double>() - level,
                                std::log(power(i) + 0.01 * sum / 15) / logarithms, 2e-4)
                        << level << ' ' << i;
            }
        }
        const auto silence = torch::full({1, 15}, -23.0);
        EXPECT_LT((layer.forward(silence).view({1, 15}) - silence - std::log(1.01) / logarithms)
                      .abs()
                      .max()
                      .item<double>(),
                  1e-5);
    }
}

TEST(InputLayer, a_range_is_checked) {
    NetworkOptions options;
    options.frames = 4;
    auto json = describe_network(options);
    EXPECT_FALSE(json["input"].contains("range_db"));
    json["input"]["range_db"] = 30;
    EXPECT_NE(error_of([&] { make_graph(json); }).find("logarithms_of"), std::string::npos);
    json["input"]["logarithms_of"] = "power";
    EXPECT_NO_THROW(make_graph(json));
    json["input"]["logarithms_of"] = "energy";
    EXPECT_NE(error_of([&] { make_graph(json); }).find("energy"), std::string::npos);
    json["input"]["logarithms_of"] = "magnitude";
    json["input"]["range_db"] = -1;
    EXPECT_NE(error_of([&] { make_graph(json); }).find("range_db"), std::string::npos);
}

TEST(InputLayer, data_standardise_each_band_of_windows) {
    InputOptions input;
    input.compression = {"none", 0};
    input.deltas = 1;
    InputLayer layer = layer_of(10, 2, input);
    const auto windows = torch::rand({50, 20}) * 4 + 9;
    bool given = false;
    layer.fit([&] { return std::exchange(given, true) ? torch::Tensor() : windows; });
    const auto out = layer.forward(windows);  // [50, planes, steps, bands]
    EXPECT_EQ(out.sizes(), (std::vector<std::int64_t>{50, 2, 10, 2}));
    const auto over = out.to(torch::kFloat64).transpose(1, 2).flatten(0, 1);
    EXPECT_LT(over.mean(0).abs().max().item<double>(), 1e-4);
    EXPECT_LT((over.square().mean(0) - 1).abs().max().item<double>(), 1e-4);
}

InputLayer of_values(std::int64_t values, const Compression& compression) {
    InputOptions input;
    input.compression = compression;
    return layer_of(1, values, input);
}

TEST(InputLayer, standardises_what_it_was_fitted_to) {
    torch::manual_seed(1);
    for (const char* kind : {"none", "sqrt", "log"}) {
        InputLayer layer = of_values(6, {kind, 1e-3});
        const auto windows = torch::rand({1000, 6}) * 50 + 3;
        layer.fit(
            batches_of({windows.slice(0, 0, 100), windows.slice(0, 100, 999), windows.slice(0, 999, 1000)}));
        const auto out = layer.forward(windows).flatten(1).to(torch::kFloat64);
        EXPECT_LT(out.mean(0).abs().max().item<double>(), 1e-5) << kind;
        EXPECT_LT((out.square().mean(0).sqrt() - 1).abs().max().item<double>(), 1e-5) << kind;
    }
}

TEST(InputLayer, a_small_variation_far_from_zero_keeps_its_digits) {
    InputLayer layer = of_values(1, {"none", 0});
    layer.fit(batches_of({torch::full({1, 1}, 10000.0), torch::full({1, 1}, 10001.0)}));
    EXPECT_FLOAT_EQ(tensor_of(layer.input.tensors(), "input.mean").item<float>(), 10000.5F);
    EXPECT_FLOAT_EQ(tensor_of(layer.input.tensors(), "input.deviation").item<float>(), 0.5F);
}

TEST(InputLayer, a_value_that_never_varies_adds_nothing) {
    InputLayer layer = of_values(2, {"log", 1e-5});
    auto windows = torch::rand({50, 2});
    windows.select(1, 1).fill_(0.125);
    layer.fit(batches_of({windows}));
    const auto out = layer.forward(windows).flatten(1);
    EXPECT_LT(out.select(1, 1).abs().max().item<double>(), 1e-5);
    EXPECT_TRUE(torch::isfinite(out).all().item<bool>());
}

TEST(InputLayer, compression_is_finite_for_zero_and_below) {
    for (const char* kind : {"none", "sqrt", "log"}) {
        const InputLayer layer = of_values(3, {kind, 1e-5});
        EXPECT_TRUE(torch::isfinite(layer.forward(torch::tensor({{0.0F, -1.0F, 1e30F}}))).all().item<bool>())
            << kind;
    }
}

TEST(Architecture, settings_that_do_not_go_together_are_refused) {
    NetworkOptions options;
    options.inputs = 48;
    options.kind = "cnn";
    EXPECT_NE(error_of([&] { describe_network(options); }).find("need windows of several frames (--window)"),
              std::string::npos);
    options.frames = 20;
    options.input.pool = 21;
    EXPECT_NE(error_of([&] { describe_network(options); }).find("a window has 20 frames only"),
              std::string::npos);
}

}  // namespace
}  // namespace earshot::network
