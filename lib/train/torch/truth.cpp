#include "train/torch/truth.h"

namespace earshot::train {
namespace {

/// The mean over what is known, or 0 where nothing is.
torch::Tensor mean_over(const torch::Tensor& values, const torch::Tensor& known) {
    return (values * known).sum() / known.sum().clamp_min(1);
}

torch::Tensor weak_loss(const torch::Tensor& logits, const torch::Tensor& weak) {
    const auto scores = logits.sigmoid();
    const auto whole = (scores.square().sum(1) / scores.sum(1).clamp_min(1e-6)).clamp(1e-6, 1 - 1e-6);
    const auto known = (weak >= 0).to(torch::kFloat32);
    return mean_over(torch::binary_cross_entropy(whole, weak.clamp_min(0), {}, at::Reduction::None), known);
}

/// The states of examples of one step.
torch::Tensor states_of(const TrainingSet& set, const Rows& examples) {
    const std::size_t outputs = set.learnt();
    std::vector<dataset::Activity::State> states(examples.size() * outputs);
    for (std::size_t i = 0; i < examples.size(); ++i)
        set.read_example(examples[i], std::span(states).subspan(i * outputs, outputs));
    return tensor_of(states,
                     {static_cast<std::int64_t>(examples.size()), static_cast<std::int64_t>(outputs)});
}

}  // namespace

torch::Tensor classes_of(const TrainingSet& set, const Rows& examples) {
    std::vector<std::int64_t> classes;
    for (const auto example : examples)
        classes.push_back(static_cast<std::int64_t>(set.label_of(example).value()));
    return torch::tensor(classes);
}

Truth truth_of(const TrainingSet& set, const Rows& examples, bool independent) {
    Truth truth;
    if (set.target != model::Target::events) {
        truth.classes = classes_of(set, examples);
        if (independent) truth.states = states_of(set, examples);
        return truth;
    }
    const std::size_t outputs = set.learnt(), each = static_cast<std::size_t>(set.steps()) * outputs;
    std::vector<dataset::Activity::State> states(examples.size() * each);
    std::vector<dataset::Activity::State> weak(examples.size() * outputs, dataset::Activity::unknown);
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const TrainingSet::Item& item = set.item_of(examples[i]);
        set.read_window_activity(item, examples[i], std::span(states).subspan(i * each, each));
        std::ranges::copy(set.recordings_said[item.recording].activity.weak(),
                          weak.begin() + static_cast<std::ptrdiff_t>(i * outputs));
    }
    const auto count = static_cast<std::int64_t>(examples.size()), width = static_cast<std::int64_t>(outputs);
    truth.states = tensor_of(states, {count, set.steps(), width});
    truth.weak = tensor_of(weak, {count, width});
    return truth;
}

Truth truth_of(const TrainingSet& set, const WindowBatch& batch, std::int64_t bag, bool independent) {
    if (set.target != model::Target::events) {
        Rows examples;
        for (std::size_t i = 0; i < batch.count(); i += static_cast<std::size_t>(bag))
            examples.push_back(batch.examples[i]);
        return truth_of(set, examples, independent);
    }
    Truth truth;
    const auto windows = static_cast<std::int64_t>(batch.count());
    const auto outputs = static_cast<std::int64_t>(set.learnt());
    truth.states = tensor_of(batch.activity, {windows, set.steps(), outputs});
    const bool weak = std::ranges::any_of(batch.weak, [](auto state) { return state >= 0; });
    if (weak) truth.weak = tensor_of(batch.weak, {windows, outputs});
    return truth;
}

torch::Tensor tensor_of(std::span<const dataset::Activity::State> states, torch::IntArrayRef shape) {
    auto tensor = torch::empty(shape, torch::kFloat32);
    auto* values = tensor.data_ptr<float>();
    for (std::size_t i = 0; i < states.size(); ++i) values[i] = static_cast<float>(states[i]);
    return tensor;
}

Graded grade_steps(const torch::Tensor& logits, const Truth& truth) {
    const auto known = (truth.states >= 0).to(torch::kFloat32);
    const auto wanted = truth.states.clamp_min(0);
    auto loss = mean_over(
        torch::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::None), known);
    if (truth.weak.defined()) loss = loss + weak_loss(logits, truth.weak);
    const auto right = ((logits >= 0).to(torch::kFloat32) == wanted).to(torch::kFloat32) * known;
    return {{loss, static_cast<double>(truth.examples())},
            right.sum().item<std::int64_t>(),
            known.sum().item<std::int64_t>()};
}

}  // namespace earshot::train
