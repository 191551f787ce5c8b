#include <numeric>

#include "network/architecture.h"
#include "network/architectures/architectures.h"
#include "network/graph.h"

namespace earshot::network {
namespace {

using Function = op::Pointwise::Function;

void add_compression(Graph& graph, const Compression& compression) {
    if (compression.kind == "none") return;
    const bool log = compression.kind == "log";
    graph.then(op::Affine{.offset = log ? compression.floor : 0, .low = 0});
    graph.then(op::Pointwise{log ? Function::log : Function::sqrt});
}

/// Frames [K, D] to their mean and their maximum, [2, 1, D].
void add_summary(Graph& graph) {
    const auto frames = graph.then(op::Reshape{{1, graph.frames(), graph.bands()}});
    const auto mean = graph.then(op::Reduce{op::Reduce::Kind::mean, {1}, true});
    const auto most = graph.add("", op::Reduce{op::Reduce::Kind::max, {1}, true}, {frames});
    graph.add("", op::Concat{0}, {mean, most});
}

/// Frames [K, D] to features [planes, steps, D].
/// @param summarise  Architecture::summarises
void add_input(Graph& graph, const InputOptions& input, bool summarise) {
    add_compression(graph, input.compression);
    if (input.range.db > 0) graph.then(op::NoiseFloor{input.range.db, input.range.values});
    const std::int64_t frames = graph.frames(), steps = input.pool > 0 ? input.pool : frames;
    const bool whole = steps == frames && input.deltas == 0 && !input.deviation;
    if (summarise && whole && frames > 1 && input.pool == 0) {
        add_summary(graph);
    } else if (whole) {
        graph.then(op::Reshape{{1, frames, graph.bands()}});
    } else {
        graph.then(op::TimeFeatures{input.deltas, steps, input.deviation});
    }
    if (input.standardise == "none") return;
    using By = op::Standardise::By;
    const By by = input.standardise == "data"   ? By::data
                  : input.standardise == "mean" ? By::mean
                                                : By::window;
    graph.then(op::Standardise{by}, "input");
}

/// Logits [outputs] or [steps, outputs] to scores [steps, classes]: AnswerOptions.
void add_answer(Graph& graph, const AnswerOptions& answer) {
    const auto at = answer.background;
    const auto axis = static_cast<std::int64_t>(graph.shape().size()) - 1;
    const auto slice = [&](std::size_t of, std::int64_t begin, std::int64_t end) {
        return graph.add("", op::Slice{axis, begin, end}, {of});
    };
    /// Parts of a value that are not empty, one after the other.
    const auto joined = [&](std::vector<std::size_t> parts) {
        graph.add("", op::Concat{axis}, std::move(parts));
    };
    const auto around = [&](std::size_t of, std::vector<std::size_t> between) {
        const std::int64_t skip = between.empty() ? 1 : 0, size = graph[of].shape.back();
        std::vector<std::size_t> parts;
        if (at > 0) parts.push_back(slice(of, 0, at));
        parts.insert(parts.end(), between.begin(), between.end());
        if (at + skip < size) parts.push_back(slice(of, at + skip, size));
        joined(std::move(parts));
    };
    if (answer.kind == "softmax") {
        graph.then(op::Softmax{axis});
    } else if (at < 0) {
        graph.then(op::Pointwise{Function::sigmoid});
    } else {
        if (answer.kind == "likeness") {
            const auto logits = graph.last(), background = slice(logits, at, at + 1);
            around(logits, {});
            graph.add("", op::Binary{op::Binary::Function::subtract}, {graph.last(), background});
        }
        const auto each = graph.then(op::Pointwise{Function::sigmoid});
        graph.then(op::Reduce{op::Reduce::Kind::max, {axis}, true});
        around(each, {graph.then(op::Affine{.scale = -1, .offset = 1})});
    }
    if (axis == 0) graph.then(op::Reshape{{1, answer.classes}});
}

}  // namespace

StepLayout step_layout(NetworkOptions options) {
    const Architecture& kind =
        find_architecture(options.kind == "dnn" || options.kind == "lda" ? "mlp" : options.kind);
    if (kind.frames_per_step == 0) return {};
    options.frames = 1 << 14;
    options.inputs = 64;
    kind.fill(options);
    Graph graph(options.frames, options.inputs);
    graph.then(op::Reshape{{1, options.frames, options.inputs}});
    kind.build(graph, options);
    const std::int64_t missing = options.frames - kind.frames_per_step * graph.shape()[0];
    return {kind.frames_per_step, missing / 2};
}

Graph make_graph(const nlohmann::ordered_json& architecture) {
    const NetworkOptions options = read_network(architecture);
    Graph graph(options.frames, options.inputs);
    const bool has_views = options.paces > 0 || options.pitches > 0;
    if (has_views) graph.then(op::Views{options.paces, options.pitches});
    const Architecture& kind = find_architecture(options.kind);
    add_input(graph, options.input, kind.summarises);
    kind.build(graph, options);
    if (options.kind == "neighbours") {
        // A row of weights for each example, in place of one for each class.
        graph.then(
            op::Linear{std::accumulate(options.examples.begin(), options.examples.end(), std::int64_t{0})},
            "output");
        graph.then(op::TopMean{options.examples, *options.nearest});
    } else {
        graph.then(op::Linear{outputs_of(options.answer)}, "output");
    }
    if (has_views) {
        // An unknown sound resembles a label in none of the views, so likeness takes the maximum. All else
        // takes the mean, and so does likeness with a background, or each further view would favour the other
        // labels.
        const bool highest = options.answer.kind == "likeness" && options.answer.background < 0;
        graph.then(op::MergeViews{highest ? op::MergeViews::Kind::max : op::MergeViews::Kind::mean});
    }
    graph.mark_logits();
    add_answer(graph, options.answer);
    return graph;
}

}  // namespace earshot::network
