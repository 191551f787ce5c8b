#include "network/torch/walker.h"

#include <fmt/format.h>

#include <utility>

#include "network/torch/operations.h"
#include "network/torch/peepholes.h"
#include "network/weights.h"
#include "npz/npz.h"
#include "support/error.h"

namespace earshot::network {
namespace {

bool prepares_frames(const Op& op) {
    return std::visit(
        Overloaded{[](const op::NoiseFloor&) { return true; }, [](const op::TimeFeatures&) { return true; },
                   [](const op::Standardise&) { return true; }, [](const op::Views&) { return true; },
                   [](const auto&) { return false; }},
        op);
}

bool is_of_views(const Op& op) {
    return std::holds_alternative<op::Views>(op) || std::holds_alternative<op::MergeViews>(op);
}

/// Values that nodes have computed, each kept as long as another node needs it.
class Values {
 public:
    /// For a walk from what `first` gives to `last`. @throws Error if that needs more than `first` gives
    Values(const Graph& graph, std::size_t first, std::size_t last)
        : graph_(graph), values_(last + 1), uses_(last + 1) {
        uses_[last] = 1;
        for (std::size_t node = last; node > first; --node) {
            if (uses_[node] == 0) continue;
            for (const auto input : graph[node].inputs) ++uses_[input];
        }
        for (std::size_t node = 0; node < first; ++node) {
            if (uses_[node] > 0)
                throw Error(fmt::format("graph: node {} should depend on node {} alone", last, first));
        }
    }

    bool needs(std::size_t node) const { return uses_[node] > 0; }
    /// Whether a node is the only one that needs another.
    bool only(std::size_t node) const { return uses_[node] == 1; }
    void set(std::size_t node, torch::Tensor value) { values_[node] = std::move(value); }

    torch::Tensor take(std::size_t node) {
        return --uses_[node] == 0 ? std::move(values_[node]) : values_[node];
    }

    /// How many nodes from one on form a Chain.
    std::size_t chained(std::size_t node) const {
        std::size_t end = node;
        while (end + 1 < uses_.size() && uses_[end] == 1 &&
               graph_[end + 1].inputs == std::vector<std::size_t>{end})
            ++end;
        return graph_[node].inputs.size() == 1 ? end + 1 - node : 0;
    }

    void move_to(torch::Device device) {
        for (auto& value : values_) {
            if (value.defined()) value = value.to(device);
        }
    }

 private:
    const Graph& graph_;
    std::vector<torch::Tensor> values_;
    std::vector<std::size_t> uses_;  // that are still to come
};

/// ReLU overwrites what a convolution or its normalisation gave, which need it no more.
bool may_overwrite(const Graph& graph, const Node& node, bool only_use) {
    if (!only_use || node.inputs.size() != 1) return false;
    const Op& before = graph[node.inputs[0]].op;
    return std::holds_alternative<op::Conv>(before) || std::holds_alternative<op::BatchNorm>(before);
}

}  // namespace

Walker::Walker(Graph graph) : graph_(std::move(graph)), weights_(graph_.nodes().size()) {
    NamedTensors others;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
        const Node& node = graph_[i];
        for (const WeightSpec& spec : graph_.weights_of(node)) {
            const bool counter = spec.kind == WeightSpec::Kind::counter;
            auto tensor = torch::zeros(spec.shape, counter ? torch::kInt64 : torch::kFloat32);
            const bool learns = spec.kind == WeightSpec::Kind::parameter;
            tensor.set_requires_grad(learns);
            weights_[i].push_back(tensor);
            (learns ? tensors_ : others).emplace_back(spec.name, tensor);
        }
        initialise(node.op, weights_[i]);
        if (prepares_frames(node.op)) prepared_ = i;
    }
    tensors_.insert(tensors_.end(), others.begin(), others.end());
}

NamedTensors Walker::parameters() const {
    NamedTensors learning;
    for (const auto& each : tensors_) {
        if (each.second.requires_grad()) learning.push_back(each);
    }
    return learning;
}

void Walker::zero_grad() {
    for (const auto& [name, tensor] : tensors_) tensor.mutable_grad().reset();
}

void Walker::move_to(torch::Device device) {
    device_ = device;
    for (std::size_t i = prepared_ + 1; i < weights_.size(); ++i) {
        for (auto& tensor : weights_[i]) tensor.set_data(tensor.to(device));
    }
}

torch::Tensor Walker::forward(const torch::Tensor& windows) const {
    return value_of(graph_.logits(), windows);
}

torch::Tensor Walker::hear(const torch::Tensor& windows) const {
    return walk(0, windows.view({-1, graph_.frames(), graph_.bands()}), graph_.logits(), true);
}

torch::Tensor Walker::scores_of(const torch::Tensor& logits) const {
    return walk(graph_.logits(), logits, graph_.last(), false);
}

torch::Tensor Walker::value_of(std::size_t node, const torch::Tensor& windows) const {
    return walk(0, windows.view({-1, graph_.frames(), graph_.bands()}), node, false);
}

/// Computes node `last` from what node `first` gives.
torch::Tensor Walker::walk(std::size_t first, torch::Tensor value, std::size_t last, bool with_views) const {
    Values values(graph_, first, last);
    values.set(first, std::move(value));
    for (std::size_t i = first + 1; i <= last; ++i) {
        if (i == prepared_ + 1 && device_ != torch::kCPU) values.move_to(device_);
        if (!values.needs(i)) continue;
        const Node& node = graph_[i];
        const bool only_use = values.only(node.inputs[0]);
        std::vector<torch::Tensor> inputs;
        for (const auto input : node.inputs) inputs.push_back(values.take(input));
        if (is_of_views(node.op) && !with_views) {
            values.set(i, inputs[0]);
            continue;
        }
        const Chain chain{graph_, i, values.chained(i), weights_, training_};
        if (const std::size_t nodes = take_shortcut(chain, inputs[0])) {
            i += nodes - 1;
            values.set(i, std::move(inputs[0]));
            continue;
        }
        if (i <= prepared_ && inputs[0].requires_grad())
            throw Error(fmt::format("graph: node {} prepares frames, which cannot be learnt", i));
        const Operands on{inputs,     weights_[i],
                          node.shape, graph_[node.inputs[0]].views,
                          training_,  may_overwrite(graph_, node, only_use)};
        values.set(i, apply(node.op, on));
    }
    return values.take(last);
}

std::unique_ptr<Walker> load_network(const Graph& graph, const std::string& path) {
    const npz::NpzReader file(path);
    check_weights(file, graph.weights());
    auto network = std::make_unique<Walker>(graph);
    load_tensors(network->tensors(), file);
    return network;
}

}  // namespace earshot::network
