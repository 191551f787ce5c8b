#include "exchange/network_nodes.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <numeric>
#include <utility>

#include "exchange/frame_nodes.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;
using network::Graph;
using network::Node;
using network::Precision;

/// Dimensions of a graph's values are without that of windows, which is the first in ONNX.
Shape after_windows(const Shape& axes) {
    Shape moved;
    for (const auto axis : axes) moved.push_back(axis + 1);
    return moved;
}

Shape with_windows(const Shape& shape) {
    Shape whole{-1};
    whole.insert(whole.end(), shape.begin(), shape.end());
    return whole;
}

class NetworkWriter {
 public:
    NetworkWriter(OnnxBuilder& onnx, const Graph& graph, const network::Weights& weights, Precision precision,
                  std::string prefix)
        : b_(onnx), graph_(graph), weights_(weights), precision_(precision), prefix_(std::move(prefix)) {}

    Value write(const Value& frames) {
        values_.push_back(frames);
        for (std::size_t i = 1; i < graph_.nodes().size(); ++i) {
            node_ = &graph_[i];
            x_ = values_[node_->inputs.front()];
            values_.push_back(std::visit([this](const auto& kind) { return value(kind); }, node_->op));
        }
        return values_.back();
    }

 private:
    const Shape& in() const { return graph_[node_->inputs.front()].shape; }
    std::int64_t in_size() const { return static_cast<std::int64_t>(in().size()); }

    std::string full_name(const char* name) const { return prefix_ + node_->name + "." + name; }
    std::span<const float> numbers(const char* name) const { return weights_[node_->name + "." + name]; }
    /// The value of a node, with as many dimensions as the result has.
    Value extended(std::size_t node);
    /// A weight as it is. @param shape  that it shall have
    Value weight(const char* name, const Shape& shape) { return array(numbers(name), shape, name); }
    Value array(std::span<const float> values, const Shape& shape, const char* name) {
        const auto full = full_name(name);
        if (shape.size() < 2 || precision_ == Precision::float32) return b_.constant(values, shape, full);
        if (precision_ == Precision::float16) return b_.halves(values, shape, full);
        const auto whole = network::quantised(values, static_cast<std::size_t>(shape[0]));
        return b_.whole_weights(whole.values, whole.scales, shape, full);
    }
    /// [rows, columns] as [columns, rows], the factor of a product.
    Value transposed_weight(const char* name, std::int64_t rows, std::int64_t columns) {
        // Runtimes compute such an array when they load it. Without a node between DequantizeLinear and
        // MatMul, ONNX Runtime would join them and round the other factor to int8 as well.
        if (precision_ == Precision::int8) return b_.transpose(weight(name, {rows, columns}), {1, 0});
        const auto from = numbers(name);
        std::vector<float> to(from.size());
        for (std::int64_t i = 0; i < rows; ++i) {
            for (std::int64_t j = 0; j < columns; ++j)
                to[static_cast<std::size_t>(j * rows + i)] = from[static_cast<std::size_t>(i * columns + j)];
        }
        return array(to, {columns, rows}, name);
    }
    Value limited(const Value& x, const Value& low, const Value& high) {
        return b_.node("Clip", {x, low, high});
    }
    Value sigmoid(const Value& x) { return b_.node("Sigmoid", {x}); }
    Value square(const Value& x) { return b_.multiply(x, x); }
    Value root(const Value& x) { return b_.node("Sqrt", {x}); }

    Value value(const op::Input&) { return x_; }
    Value value(const op::Pointwise& pointwise);
    Value value(const op::Affine& affine);
    Value value(const op::Binary& binary);
    Value value(const op::Weighted& weighted);
    Value value(const op::MatMul&) { return b_.product(x_, values_[node_->inputs[1]]); }
    Value value(const op::Linear& linear);
    Value value(const op::Conv& conv);
    Value value(const op::BatchNorm& norm);
    Value value(const op::LayerNorm& norm);
    Value value(const op::GroupNorm& norm);
    Value value(const op::Pool& pool);
    Value value(const op::Reduce& reduce);
    Value value(const op::Gru& gru);
    Value value(const op::Attention& attention);
    Value value(const op::Softmax& softmax) { return b_.node("Softmax", {x_}, {{"axis", softmax.axis + 1}}); }
    Value value(const op::Concat& concat);
    Value value(const op::TopMean& top);
    Value value(const op::Slice& slice) { return b_.slice(x_, slice.axis + 1, slice.begin, slice.end); }
    Value value(const op::Reshape& reshape) { return b_.reshape(x_, with_windows(reshape.shape)); }
    Value value(const op::Transpose& transpose);
    Value value(const op::Repeat& repeat);
    Value value(const op::Dropout&) { return x_; }
    Value value(const op::NoiseFloor& floor) {
        return noise_floor(b_, x_, floor, after_windows(all_axes(in().size())));
    }
    Value value(const op::TimeFeatures& features) { return time_features(b_, x_, features, in()); }
    Value value(const op::Standardise& standardise);
    Value value(const op::Views& views) { return frame_views(b_, x_, views, in()); }
    Value value(const op::MergeViews& merge);

    /// Subtracts the mean along some axes of ONNX, and divides by the deviation.
    Value normalised(const Value& x, const Shape& axes, double epsilon) {
        const Value centred = b_.subtract(x, b_.mean(x, axes));
        return b_.divide(centred, root(b_.add(b_.mean(square(centred), axes), b_.scalar(epsilon))));
    }
    static Shape all_axes(std::size_t count) {
        Shape axes(count);
        std::iota(axes.begin(), axes.end(), std::int64_t{0});
        return axes;
    }

    OnnxBuilder& b_;
    const Graph& graph_;
    const network::Weights& weights_;
    Precision precision_;
    std::string prefix_;
    std::vector<Value> values_;
    const Node* node_ = nullptr;  // the current one
    Value x_;                     // its first input
};

Value NetworkWriter::value(const op::Pointwise& pointwise) {
    using F = op::Pointwise::Function;
    switch (pointwise.function) {
        case F::relu:
            return b_.node("Relu", {x_});
        case F::relu6:
            return limited(x_, b_.scalar(0), b_.scalar(6));
        case F::sigmoid:
            return sigmoid(x_);
        case F::tanh:
            return b_.node("Tanh", {x_});
        case F::swish:
            return b_.multiply(x_, sigmoid(x_));
        case F::hard_swish: {
            const Value gate = limited(b_.add(x_, b_.scalar(3)), b_.scalar(0), b_.scalar(6));
            return b_.divide(b_.multiply(x_, gate), b_.scalar(6));
        }
        case F::gelu: {
            const Value erf = b_.node("Erf", {b_.divide(x_, b_.scalar(std::numbers::sqrt2))});
            return b_.multiply(b_.multiply(x_, b_.scalar(0.5)), b_.add(erf, b_.scalar(1)));
        }
        case F::log:
            return b_.node("Log", {x_});
        case F::exp:
            return b_.node("Exp", {x_});
        case F::sqrt:
            return root(x_);
        case F::square:
            return square(x_);
        case F::erf:
            return b_.node("Erf", {x_});
        case F::abs:
            return b_.node("Abs", {x_});
    }
    return x_;
}

Value NetworkWriter::value(const op::Affine& affine) {
    const auto limit = [&](const std::optional<double>& bound) {
        return bound ? b_.scalar(*bound) : Value();
    };
    Value x = affine.low || affine.high ? limited(x_, limit(affine.low), limit(affine.high)) : x_;
    if (affine.scale != 1) x = b_.multiply(x, b_.scalar(affine.scale));
    return affine.offset == 0 ? x : b_.add(x, b_.scalar(affine.offset));
}

/// The operation that combines two values.
const char* onnx_name(op::Binary::Function function) {
    constexpr const char* kNames[] = {"Add", "Sub", "Mul", "Div", "Max", "Min"};  // as Function has them
    return kNames[static_cast<std::size_t>(function)];
}

Value NetworkWriter::extended(std::size_t node) {
    Shape shape = graph_[node].shape;
    if (shape.size() >= node_->shape.size()) return values_[node];
    shape.insert(shape.begin(), node_->shape.size() - shape.size(), 1);
    return b_.reshape(values_[node], with_windows(shape));
}

Value NetworkWriter::value(const op::Binary& binary) {
    return b_.node(onnx_name(binary.function), {extended(node_->inputs[0]), extended(node_->inputs[1])});
}

Value NetworkWriter::value(const op::Weighted& weighted) {
    const Value x = extended(node_->inputs[0]), array = weight("weight", weighted.shape);
    return b_.node(onnx_name(weighted.function),
                   weighted.swapped ? std::vector{array, x} : std::vector{x, array});
}

Value NetworkWriter::value(const op::Linear& linear) {
    const Value y = b_.product(x_, transposed_weight("weight", linear.units, in().back()));
    return linear.bias ? b_.add(y, weight("bias", {linear.units})) : y;
}

/// Padding [before, after, before, after ...] as ONNX has it: all before, then all after.
Shape onnx_pads(const Shape& padding) {
    Shape pads;
    for (const std::size_t side : {0U, 1U}) {
        for (std::size_t i = side; i < padding.size(); i += 2) pads.push_back(padding[i]);
    }
    return pads;
}

Value NetworkWriter::value(const op::Conv& conv) {
    using P = op::Conv::Padding;
    Shape kernel{conv.channels, in()[0] / conv.groups};
    kernel.insert(kernel.end(), conv.kernel.begin(), conv.kernel.end());
    Shape pads = onnx_pads(conv.padding);
    Value x = x_;
    if (conv.padding_kind != P::zeros) {
        Shape padding{0, 0, 0, 0};
        padding.insert(padding.end(), conv.padding.begin(), conv.padding.end());
        x = b_.node("Pad", {x, b_.whole(onnx_pads(padding))},
                    {{"mode", std::string(conv.padding_kind == P::edge ? "edge" : "reflect")}});
        pads.assign(pads.size(), 0);
    }
    std::vector<Value> inputs{x, weight("weight", kernel)};
    if (conv.bias) inputs.push_back(weight("bias", {conv.channels}));
    return b_.node("Conv", inputs,
                   {{"kernel_shape", conv.kernel},
                    {"strides", conv.stride},
                    {"dilations", conv.dilation},
                    {"pads", pads},
                    {"group", conv.groups}});
}

Value NetworkWriter::value(const op::BatchNorm& norm) {
    const Shape channels{in()[0]};
    return b_.node("BatchNormalization",
                   {x_, weight("weight", channels), weight("bias", channels),
                    weight("running_mean", channels), weight("running_var", channels)},
                   {{"epsilon", norm.epsilon}});
}

Value NetworkWriter::value(const op::LayerNorm& norm) {
    const Shape last(in().end() - norm.dimensions, in().end());
    Shape axes;
    for (std::int64_t d = in_size() - norm.dimensions; d < in_size(); ++d) axes.push_back(d + 1);
    const Value y = normalised(x_, axes, norm.epsilon);
    return b_.add(b_.multiply(y, weight("weight", last)), weight("bias", last));
}

Value NetworkWriter::value(const op::GroupNorm& norm) {
    const Value groups = b_.reshape(x_, {-1, norm.groups, network::values_of(in()) / norm.groups});
    const Value y = b_.reshape(normalised(groups, {2}, norm.epsilon), with_windows(in()));
    Shape channels(in().size(), 1);
    channels.front() = in()[0];
    return b_.add(b_.multiply(y, weight("weight", channels)), weight("bias", channels));
}

Value NetworkWriter::value(const op::Pool& pool) {
    const bool max = pool.kind == op::Pool::Kind::max;
    std::vector<Attribute> attributes{
        {"kernel_shape", pool.kernel}, {"strides", pool.stride}, {"pads", onnx_pads(pool.padding)}};
    if (!max) attributes.push_back({"count_include_pad", std::int64_t{0}});
    return b_.node(max ? "MaxPool" : "AveragePool", {x_}, attributes);
}

Value NetworkWriter::value(const op::Reduce& reduce) {
    using K = op::Reduce::Kind;
    const Shape axes = after_windows(reduce.axes);
    const Value y = reduce.kind == K::mean  ? b_.mean(x_, axes, reduce.keep)
                    : reduce.kind == K::max ? b_.maximum(x_, axes, reduce.keep)
                                            : b_.sum(x_, axes, reduce.keep);
    const bool none_left = !reduce.keep && reduce.axes.size() == in().size();
    return none_left ? b_.reshape(y, {-1, 1}) : y;
}

Value NetworkWriter::value(const op::Gru& gru) {
    const std::int64_t h = gru.hidden, inputs = in()[1], directions = gru.bidirectional ? 2 : 1;
    std::vector<std::string> suffixes{"_l0"};
    if (gru.bidirectional) suffixes.push_back("_l0_reverse");
    /// Rows of PyTorch's gates reset, update, new in ONNX's order update, reset, new.
    const auto gates = [&](const std::string& name, std::int64_t columns) {
        std::vector<float> all;
        const auto from = numbers(name.c_str());
        for (const std::int64_t gate : {1, 0, 2}) {
            const auto part = from.subspan(static_cast<std::size_t>(gate * h * columns),
                                           static_cast<std::size_t>(h * columns));
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    };
    const auto both = [&](std::initializer_list<const char*> names, std::int64_t columns) {
        std::vector<float> all;
        for (const auto& suffix : suffixes) {
            for (const char* name : names)
                std::ranges::copy(gates(name + suffix, columns), std::back_inserter(all));
        }
        return all;
    };
    const auto matrices = [&](const char* name, std::int64_t columns) {
        if (precision_ != Precision::int8)
            return array(both({name}, columns), {directions, 3 * h, columns}, name);
        std::vector<Value> parts;  // each by itself, since its rows have scales of their own
        for (const auto& suffix : suffixes) {
            const Value part =
                array(gates(name + suffix, columns), {3 * h, columns}, (name + suffix).c_str());
            parts.push_back(b_.unsqueeze(part, 0));
        }
        return b_.concat(parts, 0);
    };
    const Value w = matrices("weight_ih", inputs), r = matrices("weight_hh", h);
    const Value bias = b_.constant(both({"bias_ih", "bias_hh"}, 1), {directions, 6 * h});
    const Value y = b_.node("GRU", {b_.transpose(x_, {1, 0, 2}), w, r, bias},
                            {{"hidden_size", h},
                             {"linear_before_reset", std::int64_t{1}},
                             {"direction", std::string(gru.bidirectional ? "bidirectional" : "forward")}});
    // [T, directions, windows, hidden]
    return b_.reshape(b_.transpose(y, {2, 0, 1, 3}), {-1, in()[0], directions * h});
}

Value NetworkWriter::value(const op::Attention& attention) {
    const std::int64_t steps = in()[0], width = in()[1], heads = attention.heads, size = width / heads;
    const Value all = b_.add(b_.product(x_, transposed_weight("in_proj_weight", 3 * width, width)),
                             weight("in_proj_bias", {3 * width}));
    const auto of_heads = [&](std::int64_t which, const Shape& order) {
        const Value part = b_.slice(all, 2, which * width, (which + 1) * width);
        return b_.transpose(b_.reshape(part, {-1, steps, heads, size}), order);
    };
    const Value scale = b_.scalar(1 / std::sqrt(static_cast<double>(size)));
    const Value queries = b_.multiply(of_heads(0, {0, 2, 1, 3}), scale);
    const Value likeness = b_.product(queries, of_heads(1, {0, 2, 3, 1}));
    const Value shares = b_.node("Softmax", {likeness}, {{"axis", std::int64_t{3}}});
    const Value heard = b_.product(shares, of_heads(2, {0, 2, 1, 3}));
    const Value joined = b_.reshape(b_.transpose(heard, {0, 2, 1, 3}), {-1, steps, width});
    return b_.add(b_.product(joined, transposed_weight("out_proj.weight", width, width)),
                  weight("out_proj.bias", {width}));
}

Value NetworkWriter::value(const op::Concat& concat) {
    std::vector<Value> parts;
    for (const auto input : node_->inputs) parts.push_back(values_[input]);
    return b_.concat(parts, concat.axis + 1);
}

Value NetworkWriter::value(const op::TopMean& top) {
    const std::int64_t axis = in_size();
    std::vector<Value> means;
    std::int64_t first = 0;
    for (const auto size : top.sizes) {
        const Value group = b_.slice(x_, axis, first, first + size);
        const Value most =
            b_.nodes("TopK", {group, b_.whole({std::min(size, top.count)})}, 2, {{"axis", axis}})[0];
        means.push_back(b_.mean(most, {axis}));
        first += size;
    }
    return b_.concat(means, axis);
}

Value NetworkWriter::value(const op::Transpose& transpose) {
    Shape order{0};
    for (const auto axis : transpose.order) order.push_back(axis + 1);
    return b_.transpose(x_, order);
}

Value NetworkWriter::value(const op::Repeat& repeat) {
    std::vector<std::int64_t> from;
    for (std::int64_t i = 0; i < node_->shape[static_cast<std::size_t>(repeat.axis)]; ++i)
        from.push_back(i / repeat.times);
    return b_.gather(x_, b_.whole(from), repeat.axis + 1);
}

Value NetworkWriter::value(const op::Standardise& standardise) {
    if (standardise.by != op::Standardise::By::data)
        return standardised_by_window(b_, x_, standardise.by == op::Standardise::By::mean);
    const Shape bands{in()[0], 1, in()[2]};
    const Value centred = b_.subtract(x_, b_.constant(numbers("mean"), bands, full_name("mean")));
    return b_.divide(centred, b_.constant(numbers("deviation"), bands, full_name("deviation")));
}

Value NetworkWriter::value(const op::MergeViews& merge) {
    return merged_views(b_, x_, merge, graph_[node_->inputs.front()].views, in());
}

}  // namespace

Value add_network(OnnxBuilder& onnx, const Graph& graph, const network::Weights& weights, Precision precision,
                  const Value& frames, const std::string& prefix) {
    return NetworkWriter(onnx, graph, weights, precision, prefix).write(frames);
}

}  // namespace earshot::exchange
