#include "network/torch/network.h"

#include <algorithm>
#include <cmath>

#include "network/architectures/architectures.h"
#include "network/torch/nearest_examples.h"
#include "support/error.h"

namespace earshot::network {

using Json = nlohmann::ordered_json;

namespace {

Network::Head head_of(const NetworkOptions& options) {
    if (options.kind == "linear") return Network::Head::linear;
    if (options.kind == "neighbours") return Network::Head::neighbours;
    return options.head == "lda" ? Network::Head::lda : Network::Head::dense;
}

/// All rows of a stream, and what they are.
std::pair<torch::Tensor, torch::Tensor> gathered(const LabelledStream& features) {
    std::vector<torch::Tensor> values, truths;
    features([&](const torch::Tensor& some, const torch::Tensor& truth) {
        values.push_back(some);
        truths.push_back(truth);
    });
    return {torch::cat(values), torch::cat(truths)};
}

}  // namespace

Network::Network(const Json& architecture) : Network(architecture, read_network(architecture)) {}

Network::Network(const Json& architecture, const NetworkOptions& options)
    : Walker(make_graph(architecture)),
      answer_(options.answer),
      head_(head_of(options)),
      gains_from_bfloat16_(find_architecture(options.kind).gains_from_bfloat16),
      shrinkage_(options.shrinkage),
      penalty_(options.penalty),
      examples_(options.examples),
      nearest_(options.nearest.value_or(1)) {}

/// The last layer that learns.
std::size_t Network::output_node() const {
    std::size_t node = graph().logits();
    while (!std::holds_alternative<op::Linear>(graph()[node].op)) node = graph()[node].inputs.at(0);
    return node;
}

bool Network::learns() const {
    if (head_ == Head::neighbours) return false;
    return head_ == Head::dense || parameters().size() > weights_of(output_node()).size();
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

std::int64_t Network::features() const { return graph()[graph()[output_node()].inputs[0]].shape.back(); }

torch::Tensor Network::features_of(const torch::Tensor& windows) const {
    const torch::NoGradGuard no_gradients;
    return value_of(graph()[output_node()].inputs[0], windows).to(torch::kCPU);
}

void Network::set_output(const LinearFunction& function) {
    const torch::NoGradGuard no_gradients;
    const auto layer = weights_of(output_node());
    layer[0].copy_(function.weight);
    layer[1].copy_(function.bias);
}

void Network::fit_output(const LabelledStream& windows, const torch::Tensor& weights, bool balanced) {
    const torch::NoGradGuard no_gradients;
    const bool training = is_training();
    eval();
    const LabelledStream embedded = [&](const LabelledSink& sink) {
        windows(
            [&](const torch::Tensor& some, const torch::Tensor& truth) { sink(features_of(some), truth); });
    };
    if (head_ == Head::lda)
        fit_discriminant_to(embedded, balanced);
    else if (head_ == Head::linear)
        fit_linear_to(embedded, weights);
    else
        remember(windows);
    train(training);
}

void Network::fit_discriminant_to(const LabelledStream& features, bool balanced) {
    const Discriminant fitted = fit_discriminant(features, answer_.outputs(), shrinkage_, balanced);
    // Discriminant functions (columns) at the mean of each class (rows).
    const auto means = fitted.class_means.mm(fitted.weight.t()) + fitted.bias;
    const auto own = means.diagonal();
    const auto other = means.clone().fill_diagonal_(-INFINITY).amax(1);
    const double middle = ((own + other) / 2).mean().item<double>();
    const double scale = 2 * kOwnClass / std::max((own - other).mean().item<double>(), 1e-6);
    set_output({fitted.weight * scale, (fitted.bias - middle) * scale});
}

void Network::fit_linear_to(const LabelledStream& features, const torch::Tensor& weights) {
    const auto [values, truths] = gathered(features);
    const LogisticRegression regression(values, truths, answer_.outputs());
    const auto rows = torch::ones({values.size(0)}, torch::kFloat64);
    const double penalty = penalty_.value_or(usual_penalty(values.size(1)));
    set_output(regression.linear(regression.fit(rows, weights, penalty, LogisticRegression::kFine)));
}

void Network::remember(const LabelledStream& windows) {
    const auto nodes = graph().nodes();
    const auto whitening = std::ranges::find(nodes, kWhitening, &Node::name);
    const auto [values, classes] = gathered([&](const LabelledSink& sink) {
        windows([&](const torch::Tensor& some, const torch::Tensor& truth) {
            sink(value_of(whitening->inputs[0], some).to(torch::kCPU), truth);
        });
    });
    const Whitening fitted = fit_whitening([&](const LabelledSink& sink) { sink(values, classes); },
                                           answer_.classes(), whitening->shape[0]);
    const auto layer = weights_of(static_cast<std::size_t>(whitening - nodes.begin()));
    layer[0].copy_(fitted.weight);
    layer[1].copy_(fitted.bias);

    const auto order = std::get<1>(at::sort(classes, c10::optional<bool>(true), 0));  // stable
    const auto white = values.index_select(0, order).to(torch::kFloat64).mm(fitted.weight.t()) + fitted.bias;
    const auto examples = (white / white.norm(2, 1, true).clamp_min(1e-6)).to(torch::kFloat32);
    if (!torch::equal(torch::bincount(classes, {}, answer_.classes()), torch::tensor(examples_)))
        throw Error("the examples are not as many of each label as the network has room for");
    const auto [own, other] = typical_likeness(examples, examples_, nearest_);
    // Cosines that differ less say little, and scores should not say more.
    constexpr double kLeastApart = 0.1;
    const double scale = 2 * kOwnClass / std::max(own - other, kLeastApart);
    const double middle = (own + other) / 2;
    set_output({examples * scale, torch::full({examples.size(0)}, -middle * scale)});
}

}  // namespace earshot::network
