#include "network/torch/network.h"

#include <algorithm>
#include <cmath>

#include "network/architectures/architectures.h"
#include "support/error.h"

namespace earshot::network {

using Json = nlohmann::ordered_json;

Network::Network(const Json& architecture) : Network(architecture, read_network(architecture)) {}

Network::Network(const Json& architecture, const NetworkOptions& options)
    : Walker(make_graph(architecture)),
      answer_(options.answer),
      discriminant_(options.head == "lda"),
      gains_from_bfloat16_(find_architecture(options.kind).gains_from_bfloat16),
      shrinkage_(options.shrinkage) {}

/// The last layer that learns.
std::size_t Network::output_node() const {
    std::size_t node = graph().logits();
    while (!std::holds_alternative<op::Linear>(graph()[node].op)) node = graph()[node].inputs.at(0);
    return node;
}

bool Network::learns() const {
    return !discriminant_ || parameters().size() > weights_of(output_node()).size();
}

void Network::fit_input(const TensorStream& windows) {
    const auto nodes = graph().nodes();
    const auto found = std::ranges::find_if(nodes, [](const Node& node) {
        const auto* standardise = std::get_if<op::Standardise>(&node.op);
        return standardise && standardise->by == op::Standardise::By::data;
    });
    if (found == nodes.end()) return;
    const torch::NoGradGuard no_gradients;
    const auto fitted = weights_of(static_cast<std::size_t>(found - nodes.begin()));
    const torch::Tensor mean = fitted[0], deviation = fitted[1];
    const auto zeros = [&] { return torch::zeros({mean.size(0)}, torch::kFloat64); };
    torch::Tensor sum = zeros(), squares = zeros(), shift;
    std::int64_t count = 0;
    for (auto batch = windows(); batch.defined(); batch = windows()) {
        // Rows are the steps of all windows, columns the bands of all planes.
        auto values =
            value_of(found->inputs[0], batch).transpose(1, 2).reshape({-1, mean.size(0)}).to(torch::kFloat64);
        // Relative to the first batch's mean: sums of squares of values far from zero would lose their
        // differences.
        if (!shift.defined()) shift = values.mean(0);
        values = values - shift;
        sum += values.sum(0);
        squares += values.square().sum(0);
        count += values.size(0);
    }
    if (count == 0) throw Error("nothing to fit standardisation to: no training frames");
    const auto offset = sum / count;
    const auto spread = (squares / count - offset.square()).clamp_min(0).sqrt();
    const auto middle = shift + offset;
    // A deviation below the resolution of float32 is rounding error.
    const auto constant = spread <= middle.abs() * 1e-6;
    mean.copy_(middle);
    deviation.copy_(torch::where(constant, torch::ones_like(spread), spread));
}

void Network::fit_output(const LabelledStream& windows, bool balanced) {
    const torch::NoGradGuard no_gradients;
    const bool training = is_training();
    eval();
    const std::size_t output = output_node();
    const LabelledStream embedded = [&](const LabelledSink& sink) {
        windows([&](const torch::Tensor& some, const torch::Tensor& classes) {
            sink(value_of(graph()[output].inputs[0], some).to(torch::kCPU), classes);
        });
    };
    const Discriminant fitted = fit_discriminant(embedded, answer_.outputs(), shrinkage_, balanced);
    // Discriminant functions (columns) at the mean of each class (rows).
    const auto means = fitted.class_means.mm(fitted.weight.t()) + fitted.bias;
    const auto own = means.diagonal();
    const auto other = means.clone().fill_diagonal_(-INFINITY).amax(1);
    const double middle = ((own + other) / 2).mean().item<double>();
    const double scale = 2 * kOwnClass / std::max((own - other).mean().item<double>(), 1e-6);
    const auto layer = weights_of(output);
    layer[0].copy_(fitted.weight * scale);
    layer[1].copy_((fitted.bias - middle) * scale);
    train(training);
}

}  // namespace earshot::network
