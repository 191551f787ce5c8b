#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "network/architecture.h"

namespace earshot::network {

/// Dimensions of what a node computes for one window. The dimension of windows comes before them and is not
/// counted.
using Shape = std::vector<std::int64_t>;

/// The operations of a graph (graph.h): what each does to the values before it, and what can be chosen. Maps
/// are [channels, time, bands] or [channels, time], sequences [time, values]. The numbers here come from
/// strangers' files; shapes.cpp checks them, so that every walker of a graph can trust them.
namespace op {

/// Frames as the front end made them: [K, D]. Node 0 of each graph, and no other.
struct Input {
    Shape shape;
};

/// One function for every number.
///   relu6       min(max(x, 0), 6)
///   swish       x sigmoid(x)
///   hard_swish  x min(max(x + 3, 0), 6) / 6 (Howard et al., ICCV 2019)
///   gelu        x Phi(x), by the error function
///   erf         the error function
///   abs         without the sign
struct Pointwise {
    enum class Function {
        relu,
        relu6,
        sigmoid,
        tanh,
        swish,
        hard_swish,
        gelu,
        log,
        exp,
        sqrt,
        square,
        erf,
        abs
    };
    Function function = Function::relu;
};

/// scale x + offset, after x is limited to [low, high] where those are given.
struct Affine {
    double scale = 1, offset = 0;
    std::optional<double> low{}, high{};
};

/// Two values; dimensions of 1 repeat, and the one with fewer dimensions gets more of 1 in front.
struct Binary {
    enum class Function { add, subtract, multiply, divide, maximum, minimum };
    Function function = Function::add;
};

/// Binary, with an array of its own as the second value. Weights: weight [shape].
struct Weighted {
    Binary::Function function = Binary::Function::add;
    Shape shape{};
    bool swapped = false;  // the array is the first value
};

/// Products of matrices, one for each number of the first dimension: [B, M, K] and [B, K, N] to [B, M, N].
struct MatMul {};

/// x W^T + b over the last dimension. Weights: weight [units, inputs], bias [units].
struct Linear {
    std::int64_t units = 0;
    bool bias = true;
};

/// Cross-correlation over one dimension ([channels, time]) or two ([channels, time, bands]).
/// Weights: weight [channels, inputs / groups, kernel...], bias [channels].
struct Conv {
    enum class Padding { zeros, edge, reflect };  // edge: the outermost value repeats; reflect: without it
    std::int64_t channels = 0;
    Shape kernel{};    // one number for each dimension; so for the others
    Shape stride{};    // 1 where not given
    Shape dilation{};  // 1 where not given
    Shape padding{};   // before and after each dimension: [top, bottom, left, right]; 0 where not given
    Padding padding_kind = Padding::zeros;
    std::int64_t groups = 1;  // as many as there are inputs: depthwise
    bool bias = true;
};

/// (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel (dimension 0); by the batch while
/// training. Weights: weight, bias; running_mean, running_var, num_batches_tracked.
struct BatchNorm {
    double epsilon = 1e-5;
};

/// Each window's mean and deviation over its last dimensions, then weight and bias of their shape.
struct LayerNorm {
    std::int64_t dimensions = 1;
    double epsilon = 1e-5;
};

/// Mean and deviation of each group of channels over all of their values, then weight and bias of each
/// channel.
struct GroupNorm {
    std::int64_t groups = 1;
    double epsilon = 1e-5;
};

/// The maximum or mean over pieces of the dimensions after the channels. What is padded counts for neither.
struct Pool {
    enum class Kind { max, mean };
    Kind kind = Kind::max;
    Shape kernel{}, stride{};  // stride: the kernel where not given
    Shape padding{};           // as for Conv
};

/// One number for all along some dimensions.
struct Reduce {
    enum class Kind { mean, max, sum };
    Kind kind = Kind::mean;
    Shape axes;         // in rising order
    bool keep = false;  // them, as dimensions of 1
};

/// A gated recurrent unit along a sequence (Cho et al. 2014, with the reset gate after the product, as
/// PyTorch and cuDNN have it): [T, inputs] to [T, hidden], or [T, 2 hidden] in both directions. Weights:
/// weight_ih_l0 [3 hidden, inputs], weight_hh_l0 [3 hidden, hidden], bias_ih_l0, bias_hh_l0 [3 hidden], rows
/// in the order reset, update, new; the same with _reverse.
struct Gru {
    std::int64_t hidden = 0;
    bool bidirectional = false;
};

/// Self-attention over a sequence [T, C] (Vaswani et al., NeurIPS 2017), with biases.
/// Weights: in_proj_weight [3 C, C] (queries, keys, values), in_proj_bias [3 C], out_proj.weight [C, C],
/// out_proj.bias.
struct Attention {
    std::int64_t heads = 1;
};

struct Softmax {
    std::int64_t axis = 0;
};

/// The mean of the `count` largest numbers of each group along the last dimension, of all where a group has
/// fewer. Groups lie one after the other.
struct TopMean {
    Shape sizes{};  // of the groups
    std::int64_t count = 1;
};

/// Several values along one dimension; all others are equal.
struct Concat {
    std::int64_t axis = 0;
};

/// Elements begin to end - 1 along one dimension.
struct Slice {
    std::int64_t axis = 0, begin = 0, end = 0;
};

struct Reshape {
    Shape shape;
};

/// Dimension i of the result is dimension order[i] of the value.
struct Transpose {
    Shape order;
};

/// Each element along one dimension so many times in a row: resizing to a multiple by nearest neighbour.
struct Repeat {
    std::int64_t axis = 0, times = 1;
};

/// While training, zeroes this fraction of all numbers at random and scales the others up.
struct Dropout {
    double fraction = 0;
};

// What follows prepares frames, as InputOptions says.

/// Adds to the power of every number a share of the window's mean power, in logarithms: Range of
/// architecture.h.
struct NoiseFloor {
    double db = 0;
    LogOf logarithms_of = LogOf::power;
};

/// [K, D] to [planes, steps, D]: means over stretches of time, of the frames, of their first and of their
/// second differences (frames before the first are equal to it), and how far frames deviate from the mean.
struct TimeFeatures {
    std::int64_t deltas = 0, steps = 1;
    bool deviation = false;
};

/// [planes, steps, D], each band of each plane by mean and deviation: of the training data (weights: mean,
/// deviation [planes D]), or of the window's own steps; or by the mean of each and one deviation for the
/// plane.
struct Standardise {
    enum class By { data, window, mean };
    By by = By::data;
};

/// The window [K, D] as it is, so much slower and faster, and so much lower and higher: more windows than
/// before, the views of each window one after the other. While training there is one view.
struct Views {
    double paces = 0, pitches = 0;
    std::int64_t count() const { return 1 + 2 * ((paces > 0) + (pitches > 0)); }
};

/// The mean or maximum over the views of each window. As many as Views made.
struct MergeViews {
    enum class Kind { mean, max };
    Kind kind = Kind::mean;
};

}  // namespace op

using Op = std::variant<op::Input, op::Pointwise, op::Affine, op::Binary, op::Linear, op::Conv, op::BatchNorm,
                        op::LayerNorm, op::GroupNorm, op::Pool, op::Reduce, op::Gru, op::Attention,
                        op::Softmax, op::Concat, op::Slice, op::Reshape, op::Transpose, op::Repeat,
                        op::Dropout, op::NoiseFloor, op::TimeFeatures, op::Standardise, op::Views,
                        op::MergeViews, op::Weighted, op::MatMul, op::TopMean>;

/// Its name in files and messages: "conv".
const char* name_of(const Op& op);

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>  // clang 16 does not find it by itself
Overloaded(Functions...)->Overloaded<Functions...>;

}  // namespace earshot::network
