#include "network/time_stride.h"

#include <algorithm>
#include <span>
#include <vector>

namespace earshot::network {
namespace {

using MaybeTime = std::optional<TimeAxis>;

std::size_t at(std::int64_t axis) { return static_cast<std::size_t>(axis); }

/// What becomes of time in one node. Operations that are not named here keep the dimensions as they are.
class Follower {
 public:
    Follower(const Graph& graph, std::span<const MaybeTime> before, const Node& node)
        : graph_(graph), before_(before), node_(node) {}

    MaybeTime operator()(const op::Input&) const { return TimeAxis{0, 1}; }
    template <class Op>
    MaybeTime operator()(const Op&) const {
        return time(0);
    }
    MaybeTime operator()(const op::Binary&) const {
        const auto first = joined(0);
        return first ? first : joined(1);
    }
    MaybeTime operator()(const op::Weighted&) const { return joined(0); }
    MaybeTime operator()(const op::MatMul&) const {
        // Rows of the first and columns of the second are those of the result.
        if (time(0) && time(0)->axis != 2) return time(0);
        return time(1) && time(1)->axis != 1 ? time(1) : std::nullopt;
    }
    MaybeTime operator()(const op::Linear&) const {
        return time(0) && time(0)->axis + 1 != shape(0).size() ? time(0) : std::nullopt;
    }
    MaybeTime operator()(const op::Conv& conv) const {
        const bool each_channel = conv.groups == shape(0)[0] && conv.channels == conv.groups;
        return strided(conv.stride, each_channel);
    }
    MaybeTime operator()(const op::Pool& pool) const { return strided(pool.stride, true); }
    MaybeTime operator()(const op::Reduce& reduce) const {
        auto time = this->time(0);
        if (!time || std::ranges::count(reduce.axes, static_cast<std::int64_t>(time->axis)) > 0) return {};
        if (!reduce.keep)
            time->axis -= at(
                std::ranges::count_if(reduce.axes, [&](std::int64_t axis) { return at(axis) < time->axis; }));
        return time;
    }
    MaybeTime operator()(const op::Gru&) const { return sequence(); }
    MaybeTime operator()(const op::Attention&) const { return sequence(); }
    MaybeTime operator()(const op::Concat& concat) const {
        const auto time = this->time(0);
        return time && time->axis != at(concat.axis) ? time : std::nullopt;
    }
    MaybeTime operator()(const op::Reshape&) const { return reshaped(); }
    MaybeTime operator()(const op::Transpose& transpose) const {
        if (!time(0)) return {};
        const auto found = std::ranges::find(transpose.order, static_cast<std::int64_t>(time(0)->axis));
        return TimeAxis{at(found - transpose.order.begin()), time(0)->stride};
    }
    MaybeTime operator()(const op::Repeat& repeat) const {
        auto time = this->time(0);
        if (!time || time->axis != at(repeat.axis)) return time;
        if (time->stride % repeat.times != 0) return {};
        time->stride /= repeat.times;
        return time;
    }
    // What prepares frames may add dimensions, and only our own networks have it.
    MaybeTime operator()(const op::NoiseFloor&) const { return {}; }
    MaybeTime operator()(const op::TimeFeatures&) const { return {}; }
    MaybeTime operator()(const op::Standardise&) const { return {}; }
    MaybeTime operator()(const op::Views&) const { return {}; }
    MaybeTime operator()(const op::MergeViews&) const { return {}; }

 private:
    const MaybeTime& time(std::size_t input) const { return before_[node_.inputs[input]]; }
    const Shape& shape(std::size_t input) const { return graph_[node_.inputs[input]].shape; }

    /// Of an input whose shape gets more dimensions of 1 in front.
    MaybeTime joined(std::size_t input) const {
        auto time = this->time(input);
        if (time) time->axis += node_.shape.size() - shape(input).size();
        return time;
    }
    MaybeTime sequence() const { return time(0) && time(0)->axis == 0 ? time(0) : std::nullopt; }

    /// @param each_channel  by itself; otherwise all channels, which come first, are seen at once
    MaybeTime strided(const Shape& stride, bool each_channel) const {
        auto time = this->time(0);
        if (!time || (time->axis == 0 && !each_channel)) return {};
        if (time->axis > 0) time->stride *= stride[time->axis - 1];
        return time->stride <= Graph::kMaxValues ? time : std::nullopt;  // the next product can't overflow
    }

    /// The dimension of the same size with as many values before it.
    MaybeTime reshaped() const {
        if (!time(0)) return {};
        const auto before = [](const Shape& shape, std::size_t axis) {
            std::int64_t values = 1;
            for (std::size_t d = 0; d < axis; ++d) values *= shape[d];
            return values;
        };
        const auto [axis, stride] = *time(0);
        for (std::size_t d = 0; d < node_.shape.size(); ++d) {
            if (node_.shape[d] == shape(0)[axis] && before(node_.shape, d) == before(shape(0), axis))
                return TimeAxis{d, stride};
        }
        return {};
    }

    const Graph& graph_;
    std::span<const MaybeTime> before_;
    const Node& node_;
};

}  // namespace

std::vector<MaybeTime> time_axes(const Graph& graph) {
    std::vector<MaybeTime> times;
    for (const Node& node : graph.nodes()) times.push_back(std::visit(Follower(graph, times, node), node.op));
    return times;
}

std::optional<std::int64_t> time_stride(const Graph& graph) {
    const MaybeTime time = time_axes(graph).back();
    return time && time->axis == 0 ? std::optional(time->stride) : std::nullopt;
}

}  // namespace earshot::network
