#include "network/torch/operations.h"

#include <cmath>
#include <limits>
#include <vector>

#include "network/torch/nearest_examples.h"
#include "support/error.h"

namespace earshot::network {
namespace {

using Tensor = torch::Tensor;
using Sizes = std::vector<std::int64_t>;

Sizes with_windows(std::int64_t n, const Shape& shape) {
    Sizes sizes{n};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    return sizes;
}

/// Axes of a value are counted without the windows.
Sizes axes_of(const Shape& axes) {
    Sizes all;
    for (const auto axis : axes) all.push_back(axis + 1);
    return all;
}

/// [before, after] of each dimension, as LibTorch wants them: the last dimension first.
Sizes last_first(const Shape& padding) {
    Sizes sizes;
    for (std::size_t d = padding.size(); d > 0; d -= 2) {
        sizes.push_back(padding[d - 2]);
        sizes.push_back(padding[d - 1]);
    }
    return sizes;
}

bool is_padded(const Shape& padding) {
    return std::ranges::any_of(padding, [](std::int64_t p) { return p > 0; });
}

Tensor padded(const Tensor& x, const Shape& padding, op::Conv::Padding kind) {
    using P = op::Conv::Padding;
    const Sizes sizes = last_first(padding);
    if (kind == P::zeros) return torch::constant_pad_nd(x, sizes);
    if (sizes.size() == 2)
        return kind == P::edge ? torch::replication_pad1d(x, sizes) : torch::reflection_pad1d(x, sizes);
    return kind == P::edge ? torch::replication_pad2d(x, sizes) : torch::reflection_pad2d(x, sizes);
}

Tensor apply_to(const op::Input&, const Operands&) { throw Error("the input is not computed"); }

Tensor apply_to(const op::Pointwise& pointwise, const Operands& on) {
    using F = op::Pointwise::Function;
    Tensor x = on.inputs[0];
    switch (pointwise.function) {
        case F::relu:
            return on.may_overwrite ? x.relu_() : torch::relu(x);
        case F::relu6:
            return torch::clamp(x, 0, 6);
        case F::sigmoid:
            return torch::sigmoid(x);
        case F::tanh:
            return torch::tanh(x);
        case F::swish:
            return torch::silu(x);
        case F::hard_swish:
            return torch::hardswish(x);
        case F::gelu:
            return torch::gelu(x);
        case F::log:
            return torch::log(x);
        case F::exp:
            return torch::exp(x);
        case F::sqrt:
            return torch::sqrt(x);
        case F::square:
            return torch::square(x);
        case F::erf:
            return torch::erf(x);
        case F::abs:
            return torch::abs(x);
    }
    throw Error("no such function");
}

Tensor apply_to(const op::Affine& affine, const Operands& on) {
    Tensor x = on.inputs[0];
    if (affine.low) x = torch::clamp_min(x, *affine.low);
    if (affine.high) x = torch::clamp_max(x, *affine.high);
    if (affine.scale != 1) x = x * affine.scale;
    return affine.offset == 0 ? x : x + affine.offset;
}

/// A value with more dimensions of 1 after the windows, as many as the result has.
Tensor extended(Tensor x, const Operands& on) {
    while (x.dim() <= static_cast<std::int64_t>(on.shape.size())) x = x.unsqueeze(1);
    return x;
}

Tensor combined(op::Binary::Function function, const Tensor& a, const Tensor& b) {
    using F = op::Binary::Function;
    switch (function) {
        case F::add:
            return a + b;
        case F::subtract:
            return a - b;
        case F::multiply:
            return a * b;
        case F::divide:
            return a / b;
        case F::maximum:
            return torch::maximum(a, b);
        case F::minimum:
            return torch::minimum(a, b);
    }
    throw Error("no such function");
}

Tensor apply_to(const op::Binary& binary, const Operands& on) {
    return combined(binary.function, extended(on.inputs[0], on), extended(on.inputs[1], on));
}

Tensor apply_to(const op::Weighted& weighted, const Operands& on) {
    const Tensor x = extended(on.inputs[0], on), array = on.weights[0];
    return weighted.swapped ? combined(weighted.function, array, x) : combined(weighted.function, x, array);
}

Tensor apply_to(const op::MatMul&, const Operands& on) { return torch::matmul(on.inputs[0], on.inputs[1]); }

Tensor apply_to(const op::Linear& linear, const Operands& on) {
    return apply_linear(on.inputs[0], on.weights[0], linear.bias ? on.weights[1] : Tensor());
}

Tensor apply_to(const op::Conv& conv, const Operands& on) {
    return apply_conv(conv, on.inputs[0], on.weights[0], conv.bias ? on.weights[1] : Tensor());
}

Tensor apply_to(const op::BatchNorm& norm, const Operands& on) {
    const Tensor& x = on.inputs[0];
    if (on.training) {
        if (x.numel() == x.size(1))
            throw Error("batch normalisation needs more than one value for each channel (a larger --batch)");
        Tensor batches = on.weights[4];
        batches += 1;
    }
    return torch::batch_norm(x, on.weights[0], on.weights[1], on.weights[2], on.weights[3], on.training,
                             kBatchNormMomentum, norm.epsilon, at::globalContext().userEnabledCuDNN());
}

Tensor apply_to(const op::LayerNorm& norm, const Operands& on) {
    return torch::layer_norm(on.inputs[0], on.weights[0].sizes(), on.weights[0], on.weights[1], norm.epsilon);
}

Tensor apply_to(const op::GroupNorm& norm, const Operands& on) {
    return torch::group_norm(on.inputs[0], norm.groups, on.weights[0], on.weights[1], norm.epsilon);
}

Tensor mean_of_pieces(const op::Pool& pool, const Tensor& x) {
    return pool.kernel.size() == 1 ? torch::avg_pool1d(x, pool.kernel, pool.stride)
                                   : torch::avg_pool2d(x, pool.kernel, pool.stride);
}

Tensor apply_to(const op::Pool& pool, const Operands& on) {
    Tensor x = on.inputs[0];
    const bool outside = is_padded(pool.padding);
    if (pool.kind == op::Pool::Kind::max) {
        if (outside)
            x = torch::constant_pad_nd(x, last_first(pool.padding), -std::numeric_limits<double>::infinity());
        return pool.kernel.size() == 1 ? torch::max_pool1d(x, pool.kernel, pool.stride)
                                       : torch::max_pool2d(x, pool.kernel, pool.stride);
    }
    if (!outside) return mean_of_pieces(pool, x);
    const auto zeros_around = last_first(pool.padding);
    const auto there = torch::constant_pad_nd(torch::ones_like(x[0]).unsqueeze(0), zeros_around);
    return mean_of_pieces(pool, torch::constant_pad_nd(x, zeros_around)) / mean_of_pieces(pool, there);
}

Tensor apply_to(const op::Reduce& reduce, const Operands& on) {
    using K = op::Reduce::Kind;
    const Sizes axes = axes_of(reduce.axes);
    const Tensor& x = on.inputs[0];
    const Tensor result = reduce.kind == K::mean  ? x.mean(axes, reduce.keep)
                          : reduce.kind == K::max ? x.amax(axes, reduce.keep)
                                                  : x.sum(axes, reduce.keep);
    return result.dim() == 1 ? result.unsqueeze(1) : result;
}

Tensor apply_to(const op::Gru& gru, const Operands& on) {
    const Tensor& x = on.inputs[0];
    const auto start = torch::zeros({gru.bidirectional ? 2 : 1, x.size(0), gru.hidden}, x.options());
    return std::get<0>(torch::gru(x, start, at::TensorList(on.weights.data(), on.weights.size()), true, 1, 0,
                                  on.training, gru.bidirectional, true));
}

Tensor apply_to(const op::Attention& attention, const Operands& on) {
    const Tensor& x = on.inputs[0];  // [n, T, C]
    const auto n = x.size(0), steps = x.size(1), width = x.size(2) / attention.heads;
    // [3, n, heads, T, d]
    const auto parts = apply_linear(x, on.weights[0], on.weights[1])
                           .view({n, steps, 3, attention.heads, width})
                           .permute({2, 0, 3, 1, 4});
    const auto scores =
        torch::matmul(parts[0] / std::sqrt(static_cast<double>(width)), parts[1].transpose(2, 3));
    const auto seen = torch::matmul(torch::softmax(scores, 3), parts[2]);
    return apply_linear(seen.transpose(1, 2).reshape({n, steps, -1}), on.weights[2], on.weights[3]);
}

Tensor apply_to(const op::Softmax& softmax, const Operands& on) {
    return torch::softmax(on.inputs[0], softmax.axis + 1);
}

Tensor apply_to(const op::Concat& concat, const Operands& on) {
    return torch::cat(at::TensorList(on.inputs.data(), on.inputs.size()), concat.axis + 1);
}

Tensor apply_to(const op::TopMean& top, const Operands& on) {
    const Tensor& x = on.inputs[0];
    Sizes sizes = with_windows(x.size(0), on.shape);
    return mean_of_largest(x.flatten(0, -2), top.sizes, top.count).view(sizes);
}

Tensor apply_to(const op::Slice& slice, const Operands& on) {
    return on.inputs[0].slice(slice.axis + 1, slice.begin, slice.end);
}

Tensor apply_to(const op::Reshape&, const Operands& on) {
    return on.inputs[0].reshape(with_windows(on.inputs[0].size(0), on.shape));
}

Tensor apply_to(const op::Transpose& transpose, const Operands& on) {
    Sizes order = axes_of(transpose.order);
    order.insert(order.begin(), 0);
    return on.inputs[0].permute(order);
}

Tensor apply_to(const op::Repeat& repeat, const Operands& on) {
    return on.inputs[0].repeat_interleave(repeat.times, repeat.axis + 1);
}

Tensor apply_to(const op::Dropout& dropout, const Operands& on) {
    return on.training ? torch::dropout(on.inputs[0], dropout.fraction, true) : on.inputs[0];
}

Tensor apply_to(const op::NoiseFloor& floor, const Operands& on) {
    return apply_noise_floor(floor, on.inputs[0]);
}

Tensor apply_to(const op::TimeFeatures& features, const Operands& on) {
    return apply_time_features(features, on.inputs[0]);
}

Tensor apply_to(const op::Standardise& standardise, const Operands& on) {
    return apply_standardise(standardise, on.inputs[0], on.weights);
}

Tensor apply_to(const op::Views& views, const Operands& on) { return apply_views(views, on.inputs[0]); }

Tensor apply_to(const op::MergeViews& merge, const Operands& on) {
    const Tensor& x = on.inputs[0];
    Sizes sizes = with_windows(x.size(0) / on.views, on.shape);
    sizes.insert(sizes.begin() + 1, on.views);
    const auto views = x.reshape(sizes);
    return merge.kind == op::MergeViews::Kind::mean ? views.mean(1) : views.amax(1);
}

}  // namespace

Tensor apply_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    if (x.dim() == 2 && bias.defined()) return torch::addmm(bias, x, weight.t());
    auto out = x.matmul(weight.t());
    return bias.defined() ? out.add_(bias) : out;
}

Tensor apply_conv(const op::Conv& conv, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    const std::size_t over = conv.kernel.size();
    Sizes around(over);
    bool even = conv.padding_kind == op::Conv::Padding::zeros;
    for (std::size_t d = 0; d < over; ++d) {
        around[d] = conv.padding[2 * d];
        even = even && around[d] == conv.padding[2 * d + 1];
    }
    Tensor in = x;
    if (!even) {
        if (is_padded(conv.padding)) in = padded(x, conv.padding, conv.padding_kind);
        around.assign(over, 0);
    }
    return over == 1 ? torch::conv1d(in, weight, bias, conv.stride, around, conv.dilation, conv.groups)
                     : torch::conv2d(in, weight, bias, conv.stride, around, conv.dilation, conv.groups);
}

Tensor apply(const Op& op, const Operands& on) {
    return std::visit([&](const auto& kind) { return apply_to(kind, on); }, op);
}

}  // namespace earshot::network
