#include "network/torch/walker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace earshot::network {
namespace {

/// Chains that are computed at once give what their nodes give one by one, and the same gradients.
TEST(Walker, shortcuts_change_nothing) {
    Graph graph(40, 4);
    graph.then(op::Transpose{{1, 0}});
    graph.then(op::Conv{.channels = 6, .kernel = {3}, .stride = {2}, .padding = {1, 1}}, "conv_1");
    graph.then(op::BatchNorm{}, "norm_1");
    graph.then(op::Pointwise{});
    graph.then(op::Pool{.kernel = {2}});
    graph.then(op::Conv{.channels = 8, .kernel = {3}, .bias = false}, "conv_2");
    graph.then(op::BatchNorm{}, "norm_2");
    graph.then(op::Transpose{{1, 0}});
    graph.then(op::Attention{2}, "attention");
    graph.then(op::Reduce{op::Reduce::Kind::mean, {0}});
    graph.then(op::Linear{3}, "output");
    graph.mark_logits();
    // The same with each node used twice, which leaves no chain.
    Graph apart(40, 4);
    for (const Node& node : graph.nodes().subspan(1)) {
        const auto made = apart.then(node.op, node.name);
        const auto nothing = apart.then(op::Affine{.scale = 0});
        apart.add("", op::Binary{op::Binary::Function::add}, {made, nothing});
    }
    apart.mark_logits();
    torch::manual_seed(4);
    Walker together(graph), one_by_one(apart);
    const auto windows = torch::randn({5, 160});
    for (const bool training : {true, false}) {
        copy_tensors(together.tensors(), one_by_one.tensors());
        std::vector<NamedTensors> gradients;
        std::vector<torch::Tensor> logits;
        for (Walker* walker : {&together, &one_by_one}) {
            walker->train(training);
            walker->zero_grad();
            logits.push_back(walker->forward(windows));
            if (training) logits.back().square().sum().backward();
        }
        EXPECT_TRUE(torch::allclose(logits[0], logits[1], 1e-4, 1e-5)) << training;
        for (std::size_t i = 0; i < together.tensors().size(); ++i) {
            const auto& [name, tensor] = together.tensors()[i];
            EXPECT_TRUE(torch::allclose(tensor.to(torch::kFloat32),
                                        one_by_one.tensors()[i].second.to(torch::kFloat32), 1e-4, 1e-5))
                << name;
            // Batch normalisation subtracts again what the bias of a convolution adds: it has no slope.
            if (!training || !tensor.requires_grad() || name == "conv_1.bias") continue;
            EXPECT_TRUE(torch::allclose(tensor.grad(), one_by_one.tensors()[i].second.grad(), 1e-3, 1e-4))
                << name;
        }
    }
}

}  // namespace
}  // namespace earshot::network
