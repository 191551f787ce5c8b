// Each operation as LibTorch walks it, against its definition and against finite differences.

#include "network/torch/operations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "network/engine/engine.h"
#include "unit/network/definitions.h"

namespace earshot::network {
namespace {

struct Case {
    std::string name;
    Op op;
    std::vector<Shape> inputs;  // of its values, without windows
    /// The result from its definition, for one window. @param w  weights
    std::function<Tensor(const Tensors& in, const Tensors& w)> defined;
    bool differentiable = true;
};

std::vector<Case> pointwise_cases() {
    using F = op::Pointwise::Function;
    const std::vector<std::tuple<const char*, F, std::function<double(double)>>> functions{
        {"relu", F::relu, [](double x) { return std::max(x, 0.0); }},
        {"relu6", F::relu6, [](double x) { return std::clamp(x, 0.0, 6.0); }},
        {"sigmoid", F::sigmoid, logistic},
        {"tanh", F::tanh, [](double x) { return std::tanh(x); }},
        {"swish", F::swish, [](double x) { return x * logistic(x); }},
        {"hard_swish", F::hard_swish, [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }},
        {"gelu", F::gelu, [](double x) { return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0))); }},
        {"exp", F::exp, [](double x) { return std::exp(x); }},
        {"square", F::square, [](double x) { return x * x; }},
        {"erf", F::erf, [](double x) { return std::erf(x); }},
        {"abs", F::abs, [](double x) { return std::abs(x); }}};
    std::vector<Case> cases;
    for (const auto& [name, function, formula] : functions) {
        cases.push_back(
            {name, op::Pointwise{function}, {{3, 5}}, [formula = formula](const Tensors& in, const Tensors&) {
                 return each(in[0], formula);
             }});
    }
    using B = op::Binary::Function;
    const std::vector<std::tuple<const char*, B, std::function<Tensor(Tensor, Tensor)>>> pairs{
        {"add", B::add, [](Tensor a, Tensor b) { return a + b; }},
        {"subtract", B::subtract, [](Tensor a, Tensor b) { return a - b; }},
        {"multiply", B::multiply, [](Tensor a, Tensor b) { return a * b; }},
        {"divide", B::divide, [](Tensor a, Tensor b) { return a / b; }},
        {"maximum", B::maximum, [](Tensor a, Tensor b) { return torch::where(a > b, a, b); }},
        {"minimum", B::minimum, [](Tensor a, Tensor b) { return torch::where(a < b, a, b); }}};
    for (const auto& [name, function, formula] : pairs) {
        // Of different dimensions: the second repeats over the first two.
        cases.push_back(
            {name,
             op::Binary{function},
             {{2, 3, 4}, {4}},
             [formula = formula](const Tensors& in, const Tensors&) { return formula(in[0], in[1]); }});
    }
    for (const auto& [name, function, formula] : pairs) {
        // An array that repeats over the middle, and one that makes the result larger.
        cases.push_back(
            {std::string("weighted ") + name,
             op::Weighted{function, {2, 1, 4}},
             {{3, 4}},
             [formula = formula](const Tensors& in, const Tensors& w) { return formula(in[0], w[0]); }});
        cases.push_back(
            {std::string("weighted, swapped ") + name,
             op::Weighted{function, {3, 1}, true},
             {{2, 3, 4}},
             [formula = formula](const Tensors& in, const Tensors& w) { return formula(w[0], in[0]); }});
    }
    cases.push_back({"affine", op::Affine{2, -1, -0.5, 1.0}, {{4, 3}}, [](const Tensors& in, const Tensors&) {
                         return each(in[0], [](double x) { return 2 * std::clamp(x, -0.5, 1.0) - 1; });
                     }});
    return cases;
}

std::vector<Case> map_cases() {
    using P = op::Conv::Padding;
    const std::vector<std::tuple<const char*, op::Conv, Shape>> convolutions{
        {"conv over time", {4, {3}, {2}, {1}, {1, 1}}, {2, 9}},
        {"conv dilated and causal", {3, {3}, {1}, {2}, {4, 0}}, {2, 9}},
        {"conv 2D", {4, {3, 2}, {2, 1}, {1, 2}, {1, 1, 0, 2}}, {3, 7, 6}},
        {"conv depthwise", {6, {3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, P::zeros, 3, false}, {3, 5, 4}},
        {"conv edge", {2, {3}, {1}, {1}, {2, 1}, P::edge}, {2, 6}},
        {"conv reflect", {2, {3, 3}, {1, 1}, {1, 1}, {2, 1, 0, 2}, P::reflect}, {2, 5, 4}},
        {"conv edge 2D", {2, {3, 3}, {1, 1}, {1, 1}, {2, 1, 0, 2}, P::edge}, {2, 5, 4}},
        {"conv reflect over time", {2, {3}, {1}, {1}, {2, 1}, P::reflect}, {2, 6}}};
    std::vector<Case> cases;
    for (const auto& [name, conv, shape] : convolutions) {
        cases.push_back({name, conv, {shape}, [conv = conv](const Tensors& in, const Tensors& w) {
                             return convolved(conv, in[0], w[0], conv.bias ? w[1] : Tensor());
                         }});
    }
    using K = op::Pool::Kind;
    const std::vector<std::tuple<const char*, op::Pool, Shape>> pools{
        {"pool max", {K::max, {2}, {2}, {0, 0}}, {3, 7}},
        {"pool max padded", {K::max, {3, 2}, {2, 1}, {2, 0, 1, 1}}, {2, 5, 4}},
        {"pool mean", {K::mean, {2, 3}, {2, 3}, {0, 0, 0, 0}}, {2, 5, 6}},
        {"pool mean padded", {K::mean, {3}, {2}, {1, 2}}, {2, 6}}};
    for (const auto& [name, pool, shape] : pools) {
        cases.push_back({name, pool, {shape}, [pool = pool](const Tensors& in, const Tensors&) {
                             return pooled(pool, in[0]);
                         }});
    }
    return cases;
}

std::vector<Case> layer_cases() {
    using K = op::Reduce::Kind;
    return {
        {"linear",
         op::Linear{4},
         {{3, 5}},
         [](const Tensors& in, const Tensors& w) { return in[0].mm(w[0].t()) + w[1]; }},
        {"linear without bias",
         op::Linear{4, false},
         {{5}},
         [](const Tensors& in, const Tensors& w) { return torch::mv(w[0], in[0]); }},
        {"matmul",
         op::MatMul{},
         {{2, 3, 5}, {2, 5, 40}},
         [](const Tensors& in, const Tensors&) {
             Tensor out = torch::zeros({2, 3, 40}, torch::kFloat64);
             for (std::int64_t b = 0; b < 2; ++b) {
                 for (std::int64_t i = 0; i < 3; ++i) {
                     for (std::int64_t j = 0; j < 40; ++j)
                         out[b][i][j] = (in[0][b][i] * in[1][b].slice(1, j, j + 1).squeeze(1)).sum();
                 }
             }
             return out;
         }},
        {"layer_norm",
         op::LayerNorm{2},
         {{2, 3, 4}},
         [](const Tensors& in, const Tensors& w) {
             return normalised(in[0].view({2, 12})).view({2, 3, 4}) * w[0] + w[1];
         }},
        {"group_norm",
         op::GroupNorm{2},
         {{4, 3}},
         [](const Tensors& in, const Tensors& w) {
             return normalised(in[0].view({2, 6})).view({4, 3}) * w[0].view({4, 1}) + w[1].view({4, 1});
         }},
        {"gru",
         op::Gru{3},
         {{5, 2}},
         [](const Tensors& in, const Tensors& w) { return recurrent(in[0], w, 3, false); }},
        {"gru in both directions",
         op::Gru{3, true},
         {{4, 2}},
         [](const Tensors& in, const Tensors& w) {
             return torch::cat(
                 {recurrent(in[0], w, 3, false), recurrent(in[0], {w.begin() + 4, w.end()}, 3, true)}, 1);
         }},
        {"attention",
         op::Attention{2},
         {{5, 6}},
         [](const Tensors& in, const Tensors& w) { return attended(in[0], w, 2); }},
        {"softmax",
         op::Softmax{0},
         {{4, 3}},
         [](const Tensors& in, const Tensors&) { return in[0].exp() / in[0].exp().sum(0, true); }},
        {"reduce mean",
         op::Reduce{K::mean, {0, 2}},
         {{2, 3, 4}},
         [](const Tensors& in, const Tensors&) {
             return in[0].transpose(0, 1).reshape({3, 8}).mean(1);
         }},
        {"reduce max",
         op::Reduce{K::max, {1}, true},
         {{2, 3}},
         [](const Tensors& in, const Tensors&) { return std::get<0>(in[0].max(1, true)); }},
        {"reduce to one",
         op::Reduce{K::sum, {0}},
         {{4}},
         [](const Tensors& in, const Tensors&) { return in[0].sum().view({1}); }},
        {"top_mean",
         op::TopMean{{1, 4, 2}, 3},
         {{2, 7}},
         [](const Tensors& in, const Tensors&) {
             const auto sorted = std::get<0>(in[0].slice(1, 1, 5).sort(1, true));
             return torch::stack(
                 {in[0].select(1, 0), sorted.slice(1, 0, 3).mean(1), in[0].slice(1, 5, 7).mean(1)}, 1);
         }},
        {"concat",
         op::Concat{1},
         {{2, 3}, {2, 1}, {2, 2}},
         [](const Tensors& in, const Tensors&) {
             return torch::cat({in[0], in[1], in[2]}, 1);
         }},
        {"slice",
         op::Slice{1, 1, 3},
         {{2, 4}},
         [](const Tensors& in, const Tensors&) { return in[0].slice(1, 1, 3); }},
        {"reshape",
         op::Reshape{{3, 4}},
         {{2, 6}},
         [](const Tensors& in, const Tensors&) {
             return in[0].view({3, 4});
         }},
        {"transpose",
         op::Transpose{{2, 0, 1}},
         {{2, 3, 4}},
         [](const Tensors& in, const Tensors&) {
             return in[0].permute({2, 0, 1});
         }},
        {"repeat",
         op::Repeat{0, 3},
         {{2, 3}},
         [](const Tensors& in, const Tensors&) {
             return torch::stack({in[0], in[0], in[0]}, 1).view({6, 3});
         }},
    };
}

std::vector<Case> cases() {
    auto all = pointwise_cases();
    for (auto more : {map_cases(), layer_cases()}) all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// Values of a case for two windows, and its weights, in double precision.
struct Sample {
    Tensors inputs, weights;
    Shape shape;

    explicit Sample(Case& item) {
        // A graph that the operation is the last node of; the values come from slices of one long input.
        Graph graph(1, 1 << 10);
        std::vector<std::size_t> nodes;
        for (const Shape& shape_in : item.inputs) {
            graph.add("", op::Slice{1, 0, values_of(shape_in)}, {0});
            nodes.push_back(graph.then(op::Reshape{shape_in}));
            Shape sizes{2};
            sizes.insert(sizes.end(), shape_in.begin(), shape_in.end());
            inputs.push_back(torch::randn(sizes, torch::kFloat64) * 2);
        }
        const auto node = graph.add("node", item.op, nodes);
        shape = graph[node].shape;
        item.op = graph[node].op;  // with the numbers that were left out
        for (const WeightSpec& spec : graph.weights_of(graph[node]))
            weights.push_back(torch::randn(spec.shape, torch::kFloat64));
    }
    Tensor result(const Op& op) const { return apply(op, {inputs, weights, shape}); }
};

TEST(Operations, are_what_their_definitions_say) {
    torch::manual_seed(1);
    for (Case& item : cases()) {
        Sample sample(item);
        const Tensor found = sample.result(item.op);
        for (std::int64_t n = 0; n < 2; ++n) {
            Tensors window;
            for (const Tensor& input : sample.inputs) window.push_back(input[n]);
            const Tensor wanted = item.defined(window, sample.weights);
            ASSERT_EQ(found[n].sizes(), wanted.sizes()) << item.name;
            EXPECT_EQ(found[n].sizes(), torch::IntArrayRef(sample.shape)) << item.name;
            EXPECT_LT((found[n] - wanted).abs().max().item<double>(), 1e-9) << item.name;
        }
    }
}

/// How much a number of a tensor moves the result, by finite differences.
double slope(const std::function<double()>& loss, double* number) {
    constexpr double kStep = 1e-6;
    const double before = *number;
    *number = before + kStep;
    const double above = loss();
    *number = before - kStep;
    const double below = loss();
    *number = before;
    return (above - below) / (2 * kStep);
}

TEST(Operations, have_the_gradients_of_finite_differences) {
    torch::manual_seed(2);
    for (Case& item : cases()) {
        Sample sample(item);
        const Tensor by = torch::randn_like(sample.result(item.op));
        Tensors learnt;
        for (auto* tensors : {&sample.inputs, &sample.weights}) {
            for (Tensor& tensor : *tensors) learnt.push_back(tensor.set_requires_grad(true));
        }
        (sample.result(item.op) * by).sum().backward();
        const torch::NoGradGuard no_gradients;
        const auto loss = [&] { return (sample.result(item.op) * by).sum().item<double>(); };
        for (const Tensor& tensor : learnt) {
            if (!tensor.grad().defined()) continue;
            const Tensor gradient = tensor.grad().contiguous();
            for (std::int64_t i = 0; i < tensor.numel(); i += 1 + tensor.numel() / 7) {
                EXPECT_NEAR(gradient.view(-1)[i].item<double>(), slope(loss, tensor.data_ptr<double>() + i),
                            1e-5)
                    << item.name;
            }
        }
    }
}

/// The same operations in the engine, on float32.
TEST(Operations, of_the_engine_are_those_of_libtorch) {
    torch::manual_seed(4);
    for (Case& item : cases()) {
        Graph graph(1, 1 << 10);
        std::vector<std::size_t> nodes;
        for (const Shape& shape_in : item.inputs) {
            graph.add("", op::Slice{1, 0, values_of(shape_in)}, {0});
            nodes.push_back(graph.then(op::Reshape{shape_in}));
        }
        const Node node = graph[graph.add("node", item.op, nodes)];
        const Tensor windows = torch::randn({3, 1 << 10}) * 2;
        Tensors inputs, arrays;
        for (const Shape& shape_in : item.inputs) {
            Shape sizes{3};
            sizes.insert(sizes.end(), shape_in.begin(), shape_in.end());
            inputs.push_back(windows.slice(1, 0, values_of(shape_in)).reshape(sizes).to(torch::kFloat64));
        }
        Weights weights;
        for (const WeightSpec& spec : graph.weights_of(node)) {
            const Tensor values = spec.kind == WeightSpec::Kind::statistic ? torch::rand(spec.shape) + 0.1
                                                                           : torch::randn(spec.shape);
            arrays.push_back(values.to(torch::kFloat64));
            weights.set(spec.name, {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()});
        }
        const Tensor wanted = apply(node.op, {inputs, arrays, node.shape}).contiguous();
        const engine::Engine engine(graph, weights);
        Tensor found = torch::empty(wanted.sizes());
        engine.run({windows.data_ptr<float>(), 3 << 10}, 3,
                   {found.data_ptr<float>(), static_cast<std::size_t>(found.numel())});
        EXPECT_TRUE(torch::allclose(found.to(torch::kFloat64), wanted, 1e-5, 1e-5))
            << item.name << " " << (found - wanted).abs().max().item<double>();
    }
}

TEST(Operations, batch_normalisation_learns_by_the_batch_and_judges_by_what_it_has_seen) {
    torch::manual_seed(3);
    const auto x = torch::randn({4, 3, 5}) * 3 + 1;
    const Tensors weights{torch::randn({3}), torch::randn({3}), torch::zeros({3}), torch::ones({3}),
                          torch::zeros({}, torch::kInt64)};
    const Shape shape{3, 5};
    const auto of_channel = [](const Tensor& numbers) { return numbers.view({3, 1}); };
    const auto rows = x.transpose(0, 1).reshape({3, 20});
    const auto learnt = apply(op::BatchNorm{}, {Tensors{x}, weights, shape, 1, true});
    const auto wanted = normalised(rows) * of_channel(weights[0]) + of_channel(weights[1]);
    EXPECT_TRUE(torch::allclose(learnt.transpose(0, 1).reshape({3, 20}), wanted, 1e-4, 1e-4));
    EXPECT_TRUE(torch::allclose(weights[2], 0.1 * rows.mean(1)));
    EXPECT_TRUE(torch::allclose(weights[3], 0.9 + 0.1 * rows.var(1)));
    EXPECT_EQ(weights[4].item<std::int64_t>(), 1);
    const auto judged = apply(op::BatchNorm{}, {Tensors{x}, weights, shape, 1, false});
    const auto by_seen = (x - of_channel(weights[2])) / of_channel((weights[3] + 1e-5).sqrt());
    EXPECT_TRUE(
        torch::allclose(judged, by_seen * of_channel(weights[0]) + of_channel(weights[1]), 1e-4, 1e-4));
}

}  // namespace
}  // namespace earshot::network
