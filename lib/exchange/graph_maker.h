#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "exchange/foreign_tensor.h"
#include "network/graph.h"
#include "network/weights.h"

namespace earshot::exchange {

using Function = network::op::Pointwise::Function;
using Combination = network::op::Binary::Function;

/// How a kernel goes over a map, as op::Conv and op::Pool have it.
struct Sliding {
    Shape kernel, stride, dilation;
    Shape padding;  // [before, after] of each dimension
};

/// Builds a graph from operations as files of other programs have them. A value's numbers are in the order of
/// its shape, whatever shape the node has that computes it, so most reshaping costs nothing. Maps of files
/// that put channels last, [1, H, W, C], are kept as [C, H, W] for as long as possible.
///
/// Functions throw Error, which says what does not fit.
class GraphMaker {
 public:
    /// @param channels_last  the file's maps are [1, H, W, C] rather than [1, C, H, W]
    GraphMaker(std::int64_t frames, std::int64_t bands, bool channels_last)
        : channels_last_(channels_last), graph_(frames, bands) {}

    /// The frames, in the shape that the file gives them.
    /// @param scale, offset  what the network takes is scale x + offset
    ForeignTensor input(Shape shape, double scale, double offset) {
        const ForeignTensor frames{std::move(shape), 0};
        return scale == 1 && offset == 0 ? frames : affine(frames, {.scale = scale, .offset = offset});
    }

    // One number after the other.
    ForeignTensor pointwise(const ForeignTensor& x, Function function);
    ForeignTensor affine(const ForeignTensor& x, const network::op::Affine& affine);
    /// @param a, b  of which one may be constant
    ForeignTensor binary(Combination function, const ForeignTensor& a, const ForeignTensor& b);
    /// x where it is positive, slope x elsewhere. @param slope  constant
    ForeignTensor leaky(const ForeignTensor& x, const ForeignTensor& slope);
    ForeignTensor softmax(const ForeignTensor& x, std::int64_t axis);

    // Layers. Arrays are in LibTorch's order.
    ForeignTensor conv(const ForeignTensor& x, const Sliding& sliding, std::int64_t groups, Array weight,
                       std::vector<float> bias, std::int64_t channels);
    ForeignTensor pool(const ForeignTensor& x, network::op::Pool::Kind kind, const Sliding& sliding);
    /// @param weight  [units, inputs]
    ForeignTensor linear(const ForeignTensor& x, std::vector<float> weight, std::vector<float> bias,
                         std::int64_t units);
    ForeignTensor matmul(const ForeignTensor& a, const ForeignTensor& b);
    struct Norm {
        std::span<const float> scale, shift, mean, variance;  // mean and variance: of batch_norm
        double epsilon;
    };
    ForeignTensor batch_norm(const ForeignTensor& x, const Norm& norm);
    ForeignTensor layer_norm(const ForeignTensor& x, std::int64_t dimensions, const Norm& norm);
    ForeignTensor instance_norm(const ForeignTensor& x, const Norm& norm);

    // Places. Axes are the file's, from 0.
    ForeignTensor reduce(const ForeignTensor& x, network::op::Reduce::Kind kind, Shape axes, bool keep);
    ForeignTensor concat(std::span<const ForeignTensor> parts, std::int64_t axis);
    ForeignTensor slice(const ForeignTensor& x, std::int64_t axis, std::int64_t begin, std::int64_t end);
    ForeignTensor transpose(const ForeignTensor& x, const Shape& order);
    ForeignTensor reshape(const ForeignTensor& x, Shape shape);
    ForeignTensor repeat(const ForeignTensor& x, std::int64_t axis, std::int64_t times);
    /// @param amount  [before, after] of an axis; negative: fewer
    ForeignTensor pad(const ForeignTensor& x, std::int64_t axis, std::pair<std::int64_t, std::int64_t> amount,
                      network::op::Conv::Padding kind, double value);

    /// Sizes of a map after the channels.
    Shape map_sizes(const ForeignTensor& x) const;
    std::int64_t map_channels(const ForeignTensor& x) const;

    /// Ends the graph with a value as vectors [steps, values]: a map's are its channels, averaged over its
    /// last dimension; of anything else, dimensions of 1 are left out, and a single vector is one step.
    void finish(const ForeignTensor& x);

    network::Graph take_graph() { return std::move(graph_); }
    network::Weights take_weights() { return std::move(weights_); }

 private:
    using Nodes = std::vector<std::size_t>;
    std::size_t add(network::Op op, Nodes inputs);
    /// A node with arrays, in the order of Graph::weights_of().
    std::size_t add(network::Op op, Nodes inputs, std::vector<std::vector<float>> arrays);
    /// The node of x, or one that has its numbers in the order that the file says.
    std::size_t plain(const ForeignTensor& x);
    /// A node with the numbers of x in this shape.
    std::size_t as(const ForeignTensor& x, const Shape& shape);
    std::optional<std::size_t> only_step(const ForeignTensor& x) const;
    std::size_t reshaped(std::size_t node, const Shape& shape);
    /// A node [C, H, W] or [C, T].
    std::size_t map_of(const ForeignTensor& x);
    ForeignTensor of_map(std::size_t node) const;
    const Shape& shape_of(std::size_t node) const { return graph_[node].shape; }
    ForeignTensor with_scalar(Combination function, const ForeignTensor& x, double value, bool value_first);
    ForeignTensor with_array(Combination function, const ForeignTensor& x, const ForeignTensor& array,
                             bool array_first);
    ForeignTensor product_with(const ForeignTensor& x, const ForeignTensor& matrix);

    bool channels_last_;
    network::Graph graph_;
    network::Weights weights_;
};

}  // namespace earshot::exchange
