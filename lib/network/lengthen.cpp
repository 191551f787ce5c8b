#include "network/lengthen.h"

#include <algorithm>
#include <cstddef>
#include <variant>
#include <vector>

#include "network/time_stride.h"
#include "support/error.h"

namespace earshot::network {
namespace {

/// An operation as it is for longer windows; nothing if it looks beyond what its kernel covers.
class Lengthener {
 public:
    /// @param longer  nodes so far
    Lengthener(const Graph& graph, const std::vector<std::optional<TimeAxis>>& times, const Graph& longer,
               std::size_t node)
        : graph_(graph), times_(times), longer_(longer), at_(node), node_(graph[node]) {}

    std::optional<Op> operator()(const op::Pointwise& op) const { return op; }
    std::optional<Op> operator()(const op::Affine& op) const { return op; }
    std::optional<Op> operator()(const op::Dropout& op) const { return op; }
    std::optional<Op> operator()(const op::Transpose& op) const { return op; }
    std::optional<Op> operator()(const op::Linear& op) const { return op; }  // time is not its last dimension
    std::optional<Op> operator()(const op::Reduce& op) const { return op; }  // nor among these
    std::optional<Op> operator()(const op::Binary& op) const { return together(op); }
    std::optional<Op> operator()(const op::Concat& op) const { return together(op); }
    std::optional<Op> operator()(const op::Weighted& op) const {
        const std::size_t missing = node_.shape.size() - op.shape.size();
        return axis() < missing || op.shape[axis() - missing] == 1 ? std::optional<Op>(op) : std::nullopt;
    }
    std::optional<Op> operator()(const op::Conv& op) const { return unpadded(op); }
    std::optional<Op> operator()(const op::Pool& op) const { return unpadded(op); }
    std::optional<Op> operator()(const op::BatchNorm& op) const { return unless(axis() == 0, op); }
    std::optional<Op> operator()(const op::Softmax& op) const {
        return unless(op.axis == static_cast<std::int64_t>(axis()), op);
    }
    std::optional<Op> operator()(op::Slice op) const {
        if (op.axis == static_cast<std::int64_t>(axis())) op.end += size(longer_) - size(graph_);
        return op;
    }
    std::optional<Op> operator()(op::Reshape op) const {
        op.shape[axis()] = size(longer_);
        return op;
    }
    template <class Other>
    std::optional<Op> operator()(const Other&) const {
        return {};
    }

 private:
    std::size_t input() const { return node_.inputs[0]; }
    std::size_t axis() const { return times_[at_]->axis; }  // of the result
    std::int64_t size(const Graph& graph) const { return graph[input()].shape[times_[input()]->axis]; }

    static std::optional<Op> unless(bool refused, const Op& op) {
        return refused ? std::nullopt : std::optional(op);
    }

    /// Of several values in the same time, whose last dimensions are the same ones.
    std::optional<Op> together(const Op& op) const {
        const auto moment = [this](std::size_t input) {
            TimeAxis time = *times_[input];
            time.axis += node_.shape.size() - graph_[input].shape.size();
            return time;
        };
        return unless(
            !std::ranges::all_of(node_.inputs, [&](std::size_t i) { return moment(i) == *times_[at_]; }), op);
    }

    /// Dimensions after the first are those of the kernel; each has padding before and after it.
    template <class Windowed>
    std::optional<Op> unpadded(const Windowed& op) const {
        if (axis() == 0) return op;
        const std::size_t before = 2 * (axis() - 1);
        return unless(!op.padding.empty() && (op.padding[before] != 0 || op.padding[before + 1] != 0), op);
    }

    const Graph& graph_;
    const std::vector<std::optional<TimeAxis>>& times_;
    const Graph& longer_;
    std::size_t at_;
    const Node& node_;
};

}  // namespace

std::optional<Graph> lengthened(const Graph& graph, std::int64_t frames) {
    const auto times = time_axes(graph);
    if (!std::ranges::all_of(times, [](const auto& time) { return time.has_value(); })) return {};
    try {
        Graph longer(frames, graph.bands());
        for (std::size_t i = 1; i < graph.nodes().size(); ++i) {
            const Node& node = graph[i];
            const auto op = std::visit(Lengthener(graph, times, longer, i), node.op);
            if (!op) return {};
            longer.add(node.name, *op, node.inputs);
            if (i == graph.logits()) longer.mark_logits();
        }
        return longer;
    } catch (const Error&) {  // too large, or its values no longer fit together
        return {};
    }
}

}  // namespace earshot::network
