#include "exchange/graph_maker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/error.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

/// Without the dimension of windows.
Shape of_window(const Shape& shape) {
    if (shape.empty()) return {1};
    if (shape[0] != 1) return shape;
    return shape.size() == 1 ? shape : Shape(shape.begin() + 1, shape.end());
}

/// A shape around one axis: what is before it, its size, what is after it.
Shape around(const Shape& shape, std::int64_t axis) {
    const auto at = shape.begin() + axis;
    const auto product = [](auto first, auto last) {
        return std::accumulate(first, last, std::int64_t{1}, std::multiplies<>());
    };
    return {product(shape.begin(), at), *at, product(at + 1, shape.end())};
}

}  // namespace

std::string shown_name(const std::string& name) {
    constexpr std::size_t kMost = 80;
    std::string text = name.substr(0, kMost);
    std::ranges::replace_if(text, is_control, '?');
    return name.size() > kMost ? text + "..." : text;
}

std::string shape_text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Shape whole_numbers(const ForeignTensor& tensor) {
    if (!tensor.is_constant() || (tensor.array->whole.empty() && !tensor.array->values.empty()))
        throw Error("a shape or an axis that the file does not give as numbers");
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    Shape numbers = tensor.array->whole;
    for (auto& number : numbers) number = std::clamp(number, -kMost, kMost);
    return numbers;
}

ForeignTensor whole_tensor(std::vector<std::int64_t> numbers, Shape shape) {
    auto array = std::make_shared<Array>();
    array->values.assign(numbers.begin(), numbers.end());
    array->whole = std::move(numbers);
    return {std::move(shape), {}, false, std::move(array)};
}

std::int64_t checked_values(const Shape& shape) {
    std::int64_t values = 1;
    for (const auto size : shape) {
        if (size < 0) throw Error(fmt::format("a shape {}", shape_text(shape)));
        if (size > 0 && values > network::Graph::kMaxWeights / size)
            throw Error(fmt::format("a shape {} with more than {} values", shape_text(shape),
                                    network::Graph::kMaxWeights));
        values *= size;
    }
    return values;
}

std::size_t GraphMaker::add(network::Op node, Nodes inputs) {
    return graph_.add("", std::move(node), std::move(inputs));
}

std::size_t GraphMaker::add(network::Op node, Nodes inputs, std::vector<std::vector<float>> arrays) {
    const std::string name = fmt::format("n{}", graph_.nodes().size());
    const auto made = graph_.add(name, std::move(node), std::move(inputs));
    const auto specs = graph_.weights_of(graph_[made]);
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        if (!std::ranges::all_of(arrays[i], [](float value) { return std::isfinite(value); }))
            throw Error("its numbers include NaN or infinity");
        if (static_cast<std::int64_t>(arrays[i].size()) != specs[i].values())
            throw Error(
                fmt::format("an array of {} numbers, should have {}", arrays[i].size(), specs[i].values()));
        weights_.set(specs[i].name, std::move(arrays[i]));
    }
    return made;
}

std::size_t GraphMaker::reshaped(std::size_t node, const Shape& shape) {
    return shape_of(node) == shape ? node : add(op::Reshape{shape}, {node});
}

std::size_t GraphMaker::plain(const ForeignTensor& x) {
    if (x.is_constant() || !x.node) throw Error("numbers of the file where a computed value is needed");
    if (!x.channels_first) return *x.node;
    const std::int64_t channels = x.shape.back();
    const Shape sizes(x.shape.begin() + 1, x.shape.end() - 1);
    if (channels == 1 || network::values_of(sizes) == 1) return *x.node;
    Shape map{channels}, order;
    map.insert(map.end(), sizes.begin(), sizes.end());
    for (std::size_t d = 1; d < map.size(); ++d) order.push_back(static_cast<std::int64_t>(d));
    order.push_back(0);
    return add(op::Transpose{order}, {reshaped(*x.node, map)});
}

std::size_t GraphMaker::as(const ForeignTensor& x, const Shape& shape) {
    return reshaped(plain(x), shape.empty() ? Shape{1} : shape);
}

std::int64_t GraphMaker::map_channels(const ForeignTensor& x) const {
    if (x.shape.size() < 3 || x.shape.size() > 4 || x.shape[0] != 1)
        throw Error(
            fmt::format("a value {} where a map is needed, with one or two dimensions beside those of "
                        "windows and channels",
                        shape_text(x.shape)));
    return channels_last_ ? x.shape.back() : x.shape[1];
}

Shape GraphMaker::map_sizes(const ForeignTensor& x) const {
    map_channels(x);
    return channels_last_ ? Shape(x.shape.begin() + 1, x.shape.end() - 1)
                          : Shape(x.shape.begin() + 2, x.shape.end());
}

std::size_t GraphMaker::map_of(const ForeignTensor& x) {
    const std::int64_t channels = map_channels(x);
    const Shape sizes = map_sizes(x);
    Shape map{channels};
    map.insert(map.end(), sizes.begin(), sizes.end());
    if (!channels_last_ || channels == 1 || network::values_of(sizes) == 1) return as(x, map);
    if (x.channels_first) return reshaped(*x.node, map);
    Shape last = sizes, order{static_cast<std::int64_t>(sizes.size())};
    last.push_back(channels);
    for (std::size_t d = 0; d < sizes.size(); ++d) order.push_back(static_cast<std::int64_t>(d));
    return add(op::Transpose{order}, {as(x, last)});
}

ForeignTensor GraphMaker::of_map(std::size_t node) const {
    Shape shape{1};
    const Shape& map = shape_of(node);
    shape.insert(shape.end(), map.begin() + (channels_last_ ? 1 : 0), map.end());
    if (channels_last_) shape.push_back(map[0]);
    return {std::move(shape), node, channels_last_};
}

ForeignTensor GraphMaker::conv(const ForeignTensor& x, const Sliding& sliding, std::int64_t groups,
                               Array weight, std::vector<float> bias, std::int64_t channels) {
    op::Conv conv;
    conv.channels = channels;
    conv.kernel = sliding.kernel;
    conv.stride = sliding.stride;
    conv.dilation = sliding.dilation;
    conv.padding = sliding.padding;
    conv.groups = groups;
    conv.bias = !bias.empty();
    std::vector<std::vector<float>> arrays{std::move(weight.values)};
    if (conv.bias) arrays.push_back(std::move(bias));
    return of_map(add(conv, {map_of(x)}, std::move(arrays)));
}

ForeignTensor GraphMaker::pool(const ForeignTensor& x, op::Pool::Kind kind, const Sliding& sliding) {
    return of_map(add(op::Pool{kind, sliding.kernel, sliding.stride, sliding.padding}, {map_of(x)}));
}

ForeignTensor GraphMaker::linear(const ForeignTensor& x, std::vector<float> weight, std::vector<float> bias,
                                 std::int64_t units) {
    op::Linear linear{units, !bias.empty()};
    std::vector<std::vector<float>> arrays{std::move(weight)};
    if (linear.bias) arrays.push_back(std::move(bias));
    Shape shape = x.shape;
    const auto node = add(linear, {as(x, of_window(x.shape))}, std::move(arrays));
    shape.back() = units;
    return {std::move(shape), node};
}

ForeignTensor GraphMaker::batch_norm(const ForeignTensor& x, const Norm& norm) {
    const auto copy = [](std::span<const float> values) {
        return std::vector<float>(values.begin(), values.end());
    };
    std::vector<std::vector<float>> arrays{copy(norm.scale), copy(norm.shift), copy(norm.mean),
                                           copy(norm.variance)};
    if (x.shape.size() > 2) return of_map(add(op::BatchNorm{norm.epsilon}, {map_of(x)}, std::move(arrays)));
    return {x.shape, add(op::BatchNorm{norm.epsilon}, {as(x, of_window(x.shape))}, std::move(arrays))};
}

ForeignTensor GraphMaker::layer_norm(const ForeignTensor& x, std::int64_t dimensions, const Norm& norm) {
    const Shape shape = of_window(x.shape);
    std::vector<float> scale(norm.scale.begin(), norm.scale.end()),
        shift(norm.shift.begin(), norm.shift.end());
    if (shift.empty()) shift.resize(scale.size());
    return {x.shape, add(op::LayerNorm{dimensions, norm.epsilon}, {as(x, shape)},
                         {std::move(scale), std::move(shift)})};
}

ForeignTensor GraphMaker::instance_norm(const ForeignTensor& x, const Norm& norm) {
    return of_map(add(op::GroupNorm{map_channels(x), norm.epsilon}, {map_of(x)},
                      {{norm.scale.begin(), norm.scale.end()}, {norm.shift.begin(), norm.shift.end()}}));
}

ForeignTensor GraphMaker::softmax(const ForeignTensor& x, std::int64_t axis) {
    const Shape parts = around(x.shape, axis);
    return {x.shape, add(op::Softmax{1}, {as(x, parts)})};
}

ForeignTensor GraphMaker::reduce(const ForeignTensor& x, op::Reduce::Kind kind, Shape axes, bool keep) {
    std::ranges::sort(axes);
    Shape result, kept = x.shape;
    for (const auto axis : axes) kept[static_cast<std::size_t>(axis)] = 1;
    for (std::size_t d = 0; d < x.shape.size(); ++d) {
        if (std::ranges::find(axes, static_cast<std::int64_t>(d)) == axes.end()) result.push_back(x.shape[d]);
    }
    const bool all_sizes = x.channels_first && axes.size() == x.shape.size() - 2 && axes.front() == 1;
    if (all_sizes) {  // of a map, whatever its layout
        const auto node = map_of(x);
        Shape of_node;
        for (std::size_t d = 1; d < shape_of(node).size(); ++d)
            of_node.push_back(static_cast<std::int64_t>(d));
        return {keep ? kept : result, add(op::Reduce{kind, of_node}, {node})};
    }
    std::erase_if(axes, [&](std::int64_t axis) { return x.shape[static_cast<std::size_t>(axis)] == 1; });
    if (axes.empty()) return {keep ? kept : result, plain(x)};
    const auto node = add(op::Reduce{kind, axes}, {as(x, x.shape)});
    return {keep ? kept : result, node};
}

ForeignTensor GraphMaker::concat(std::span<const ForeignTensor> parts, std::int64_t axis) {
    const bool maps = std::ranges::all_of(
        parts, [&](const ForeignTensor& part) { return part.channels_first && part.shape.size() == 4; });
    Nodes nodes;
    Shape shape = parts.front().shape;
    shape[static_cast<std::size_t>(axis)] = 0;
    for (const ForeignTensor& part : parts) {
        if (part.shape.size() != shape.size()) throw Error("its inputs have different numbers of dimensions");
        nodes.push_back(maps ? map_of(part) : as(part, part.shape));
        shape[static_cast<std::size_t>(axis)] += part.shape[static_cast<std::size_t>(axis)];
    }
    if (!maps) return {shape, add(op::Concat{axis}, std::move(nodes))};
    if (axis == 0) throw Error("windows are not joined");
    return of_map(add(op::Concat{axis == 3 ? 0 : axis}, std::move(nodes)));
}

ForeignTensor GraphMaker::slice(const ForeignTensor& x, std::int64_t axis, std::int64_t begin,
                                std::int64_t end) {
    Shape shape = x.shape;
    auto& size = shape[static_cast<std::size_t>(axis)];
    if (begin == 0 && end == size) return x;
    if (begin < 0 || begin >= end || end > size)
        throw Error(fmt::format("elements {} to {} of {}", begin, end, size));
    size = end - begin;
    return {shape, add(op::Slice{1, begin, end}, {as(x, around(x.shape, axis))})};
}

ForeignTensor GraphMaker::transpose(const ForeignTensor& x, const Shape& order) {
    Shape shape, moved, sizes;  // only what is larger than 1 has a place
    for (const auto d : order) shape.push_back(x.shape[static_cast<std::size_t>(d)]);
    std::vector<std::int64_t> place(x.shape.size(), -1);
    for (std::size_t d = 0; d < x.shape.size(); ++d) {
        if (x.shape[d] == 1) continue;
        place[d] = static_cast<std::int64_t>(sizes.size());
        sizes.push_back(x.shape[d]);
    }
    for (const auto d : order) {
        if (place[static_cast<std::size_t>(d)] >= 0) moved.push_back(place[static_cast<std::size_t>(d)]);
    }
    if (std::ranges::is_sorted(moved)) return {shape, plain(x)};
    return {shape, add(op::Transpose{moved}, {as(x, sizes)})};
}

ForeignTensor GraphMaker::reshape(const ForeignTensor& x, Shape shape) {
    if (checked_values(shape) != network::values_of(x.shape))
        throw Error(fmt::format("{} cannot become {}", shape_text(x.shape), shape_text(shape)));
    if (x.is_constant()) return {std::move(shape), {}, false, x.array};
    if (x.channels_first && shape == x.shape) return x;
    return {std::move(shape), plain(x)};
}

ForeignTensor GraphMaker::repeat(const ForeignTensor& x, std::int64_t axis, std::int64_t times) {
    if (times < 1) throw Error("a size that is not a multiple of the one before");
    Shape shape = x.shape;
    shape[static_cast<std::size_t>(axis)] *= times;
    if (times == 1) return x;
    return {shape, add(op::Repeat{1, times}, {as(x, around(x.shape, axis))})};
}

ForeignTensor GraphMaker::pad(const ForeignTensor& x, std::int64_t axis,
                              std::pair<std::int64_t, std::int64_t> amount, op::Conv::Padding kind,
                              double value) {
    const auto [before, after] = amount;
    const std::int64_t size = x.shape[static_cast<std::size_t>(axis)];
    if (before < 0 || after < 0) {
        const auto part =
            slice(x, axis, std::max<std::int64_t>(0, -before), size - std::max<std::int64_t>(0, -after));
        return pad(part, axis, {std::max<std::int64_t>(0, before), std::max<std::int64_t>(0, after)}, kind,
                   value);
    }
    if (before == 0 && after == 0) return x;
    if (value != 0) {  // zeros in the place of `value`
        const auto shifted = pad(affine(x, {.offset = -value}), axis, amount, kind, 0);
        return affine(shifted, {.offset = value});
    }
    // A convolution of each row with 1, which pads as it likes. The rows are no channels where that can be,
    // so that there is one weight however many they are: they may be moments.
    const Shape outer = around(x.shape, axis);
    const bool last = outer[2] == 1;
    const Shape parts = last ? Shape{1, outer[0], size} : outer;
    op::Conv one;
    one.channels = one.groups = parts[0];
    one.kernel = {1, 1};
    one.padding = last ? Shape{0, 0, before, after} : Shape{before, after, 0, 0};
    one.padding_kind = kind;
    one.bias = false;
    const std::vector<float> ones(static_cast<std::size_t>(parts[0]), 1.0F);
    Shape shape = x.shape;
    shape[static_cast<std::size_t>(axis)] += before + after;
    return {std::move(shape), add(one, {as(x, parts)}, {ones})};
}

/// The map [values, 1, 1] that a vector was before it was reshaped, where time is still to be seen.
std::optional<std::size_t> GraphMaker::only_step(const ForeignTensor& x) const {
    if (!x.node) return {};
    std::size_t node = *x.node;
    while (std::holds_alternative<op::Reshape>(graph_[node].op)) node = graph_[node].inputs[0];
    const bool is_map = graph_[node].shape == Shape{network::values_of(x.shape), 1, 1};
    return is_map ? std::optional(node) : std::nullopt;
}

void GraphMaker::finish(const ForeignTensor& x) {
    const bool map = x.shape.size() == 4 && x.shape[0] == 1;
    const auto large = std::ranges::count_if(x.shape, [](std::int64_t size) { return size > 1; });
    std::size_t node = 0;
    if (const auto step = large <= 1 ? only_step(x) : std::nullopt) {
        const auto mean = add(op::Reduce{op::Reduce::Kind::mean, {2}}, {*step});
        node = add(op::Transpose{{1, 0}}, {mean});
    } else if (large <= 1) {
        node = as(x, {1, network::values_of(x.shape)});
    } else if (map) {
        const auto channels = map_of(x);
        const auto mean = add(op::Reduce{op::Reduce::Kind::mean, {2}}, {channels});
        node = add(op::Transpose{{1, 0}}, {mean});
    } else {
        Shape sizes;
        std::ranges::copy_if(x.shape, std::back_inserter(sizes), [](std::int64_t size) { return size > 1; });
        if (sizes.size() > 2)
            throw Error(fmt::format("a result {}, which is no sequence of vectors", shape_text(x.shape)));
        node = as(x, sizes);
    }
    // The last node is the result, whatever was added last.
    if (node != graph_.last() || node == 0) add(op::Affine{}, {node});
    graph_.mark_logits();
}

}  // namespace earshot::exchange
