// The engine against LibTorch, for whole networks.

#include "network/engine/engine.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

#include "network/architecture.h"
#include "network/torch/network.h"

namespace earshot::network {
namespace {

struct Kind {
    const char* name;
    NetworkOptions options;
};

NetworkOptions options_of(const char* kind, std::int64_t frames, std::int64_t bands) {
    NetworkOptions options;
    options.kind = kind;
    options.frames = frames;
    options.inputs = bands;
    options.answer.classes = 4;
    return options;
}

/// Every architecture, and every way to prepare frames and to answer.
std::vector<Kind> kinds() {
    std::vector<Kind> made{{"mlp", options_of("mlp", 1, 37)},
                           {"dnn", options_of("dnn", 5, 11)},
                           {"lda", options_of("lda", 6, 9)},
                           {"cnn", options_of("cnn", 51, 23)},
                           {"separable", options_of("separable", 51, 23)},
                           {"attention", options_of("attention", 70, 13)},
                           {"waveform", options_of("attention", 1, 900)},
                           {"tcn", options_of("tcn", 90, 16)}};
    for (auto& kind : made) {
        if (kind.options.kind == "cnn" || kind.options.kind == "separable" ||
            kind.options.kind == "attention")
            kind.options.input.standardise = "none";
        if (kind.options.kind == "tcn") kind.options.answer = {"sigmoid", 4, 2};
        if (kind.options.kind == "attention") kind.options.input.compression.kind = "none";
        kind.options.dropout = 0.3;
    }
    made.push_back({"linear", options_of("linear", 9, 14)});
    made.push_back({"linear of one frame", options_of("linear", 1, 14)});
    auto neighbours = options_of("neighbours", 7, 12);
    neighbours.examples = {9, 1, 3, 40};
    made.push_back({"neighbours", neighbours});
    auto views = options_of("cnn", 40, 20);
    views.paces = 0.15;
    views.pitches = 0.07;
    views.head = "lda";
    views.answer.background = 1;
    views.input = {.compression = {"none"}, .pool = 20, .standardise = "mean", .range = {25, LogOf::power}};
    made.push_back({"views", views});
    views.answer.background = -1;
    made.push_back({"views without background", views});
    auto features = options_of("mlp", 24, 8);
    features.hidden = {7};
    features.answer.kind = "sigmoid";
    features.answer.background = 3;
    features.input = {
        .compression = {"sqrt"}, .deltas = 2, .pool = 6, .standardise = "data", .deviation = true};
    made.push_back({"features", features});
    features.answer.background = 0;
    features.input.standardise = "window";
    features.input.compression.kind = "log";
    made.push_back({"features of windows", features});
    return made;
}

/// A network with random weights and statistics, as LibTorch walks it and as the engine runs it.
struct Both {
    Network network;
    std::unique_ptr<engine::Engine> engine;

    explicit Both(const NetworkOptions& options) : network(describe_network(options)) {
        Weights weights;
        for (const auto& [name, tensor] : network.tensors()) {
            if (tensor.scalar_type() != torch::kFloat32) continue;
            const torch::NoGradGuard no_gradients;
            const bool positive = name.ends_with("running_var") || name.ends_with("deviation");
            if (!tensor.requires_grad())
                tensor.copy_(positive ? torch::rand_like(tensor) + 0.5 : torch::randn_like(tensor) * 0.1);
            weights.set(name, {tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel()});
        }
        network.eval();
        engine = std::make_unique<engine::Engine>(network.graph(), weights);
    }

    std::vector<float> scores(const torch::Tensor& windows) const {
        const auto count = static_cast<std::size_t>(windows.size(0));
        std::vector<float> scores(count * engine->scores_per_window());
        engine->run({windows.data_ptr<float>(), static_cast<std::size_t>(windows.numel())}, count, scores);
        return scores;
    }
};

torch::Tensor some_windows(const Network& network, std::int64_t count) {
    return torch::rand({count, network.window_values()}) * 2;
}

TEST(Engine, scores_are_those_of_libtorch) {
    torch::manual_seed(1);
    for (const auto& [name, options] : kinds()) {
        const Both both(options);
        const auto windows = some_windows(both.network, 131);
        auto scores = both.scores(windows);
        const torch::NoGradGuard no_gradients;
        const auto wanted = both.network.scores_of(both.network.hear(windows)).reshape({131, -1});
        const auto found = torch::from_blob(scores.data(), wanted.sizes());
        EXPECT_LT((found - wanted).abs().max().item<double>(), 1e-5) << name;
        EXPECT_GT(wanted.std().item<double>(), 1e-3)
            << name << ": all scores are alike, which proves nothing";
    }
}

TEST(Engine, a_window_has_the_same_scores_bit_for_bit_whatever_is_scored_with_it) {
    torch::manual_seed(2);
    for (const auto& [name, options] : kinds()) {
        const Both both(options);
        const auto windows = some_windows(both.network, 70);
        const auto together = both.scores(windows);
        std::vector<float> apart;
        for (std::int64_t first = 0, count = 1; first < 70;
             first += count, count = std::min(count + 2, 70 - first)) {
            const auto some = both.scores(windows.slice(0, first, first + count).contiguous());
            apart.insert(apart.end(), some.begin(), some.end());
        }
        EXPECT_EQ(together, apart) << name;
    }
}

// A step of the answer sees the same frames wherever windows are cut, and is computed in the same way:
// windows of so many steps give what the same steps have in a longer one.
void expect_same_steps(const char* kind, std::int64_t bands, std::int64_t step_frames, std::int64_t all,
                       std::initializer_list<std::int64_t> shorter_ones) {
    torch::manual_seed(5);
    auto options = options_of(kind, 0, bands);
    options.answer = {"sigmoid", 4, 2};
    options.input = {.compression = {"none"}, .standardise = "data"};
    const auto layout = step_layout(options);
    EXPECT_EQ(layout.step_frames, step_frames);
    options.frames = 2 * layout.context_frames + all * step_frames;
    const Both longer(options);
    Weights weights;
    for (const auto& [name, tensor] : longer.network.tensors()) {
        if (tensor.scalar_type() == torch::kFloat32)
            weights.set(name, {tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel()});
    }
    const auto windows = some_windows(longer.network, 3);
    const auto wanted = longer.scores(windows);
    for (const std::int64_t steps : shorter_ones) {
        options.frames = 2 * layout.context_frames + steps * step_frames;
        const engine::Engine shorter(make_graph(describe_network(options)), weights);
        std::vector<float> found;
        for (std::int64_t window = 0; window < 3; ++window) {
            for (std::int64_t step = 0; step < all; step += steps) {
                const std::int64_t first = step * step_frames;
                const auto part =
                    windows[window].slice(0, first * bands, (first + options.frames) * bands).contiguous();
                std::vector<float> scores(shorter.scores_per_window());
                shorter.run({part.data_ptr<float>(), static_cast<std::size_t>(part.numel())}, 1, scores);
                found.insert(found.end(), scores.begin(), scores.end());
            }
        }
        EXPECT_EQ(found, wanted) << kind << ", " << steps;
    }
}

TEST(Engine, steps_have_the_same_scores_bit_for_bit_however_long_the_window_is) {
    expect_same_steps("tcn", 16, 2, 30, {1, 2, 5, 6, 15});
    expect_same_steps("temporal", 20, 1, 12, {1, 2, 6});
    expect_same_steps("ears-events", 64, 16, 6, {1, 2, 3});
}

// Attention takes a sequence from before a transposition that turns it; this one leaves it as it is.
TEST(Engine, a_transposition_that_changes_nothing_before_attention_changes_nothing) {
    torch::manual_seed(4);
    Graph plain(7, 4), with(7, 4);
    with.then(op::Transpose{{0, 1}});
    Weights weights;
    for (Graph* graph : {&plain, &with}) graph->then(op::Attention{2}, "attention");
    for (const WeightSpec& spec : plain.weights()) {
        const auto values = torch::randn(spec.shape);
        weights.set(spec.name, {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()});
    }
    const auto window = torch::randn({28});
    std::vector<float> wanted(28), found(28);
    engine::Engine(plain, weights).run({window.data_ptr<float>(), 28}, 1, wanted);
    engine::Engine(with, weights).run({window.data_ptr<float>(), 28}, 1, found);
    EXPECT_EQ(found, wanted);
}

TEST(Engine, threads_share_one) {
    torch::manual_seed(3);
    const Both both(options_of("mlp", 1, 100));
    const auto windows = some_windows(both.network, 300);
    const auto alone = both.scores(windows);
    std::vector<std::vector<float>> found(4);
    std::vector<std::thread> threads;
    for (auto& scores : found) threads.emplace_back([&] { scores = both.scores(windows); });
    for (auto& thread : threads) thread.join();
    for (const auto& scores : found) EXPECT_EQ(scores, alone);
}

}  // namespace
}  // namespace earshot::network
