#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "network/graph.h"
#include "support/error.h"

namespace earshot::network {
namespace {

using Inputs = std::span<const Shape* const>;

std::string text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

void expect_dimensions(const Shape& shape, std::size_t fewest, std::size_t most) {
    if (shape.size() < fewest || shape.size() > most) {
        throw Error(
            fmt::format("its input is {}, should have {} dimensions", text(shape),
                        fewest == most ? fmt::format("{}", fewest) : fmt::format("{} to {}", fewest, most)));
    }
}

void expect_axis(std::int64_t axis, const Shape& shape) {
    if (axis >= static_cast<std::int64_t>(shape.size()))
        throw Error(fmt::format("axis {} of an input {}", axis, text(shape)));
}

/// Numbers that files may leave out.
void fill(Shape& numbers, std::size_t count, std::int64_t usual, const char* what) {
    if (numbers.empty()) numbers.assign(count, usual);
    if (numbers.size() != count)
        throw Error(fmt::format("\"{}\" has {} numbers, should have {}", what, numbers.size(), count));
}

/// How many places a kernel has along a dimension.
std::int64_t places(std::int64_t size, std::int64_t extent, std::int64_t stride) {
    if (extent > size)
        throw Error(fmt::format("a kernel over {} values does not fit {} of them", extent, size));
    return (size - extent) / stride + 1;
}

Shape shape_after(op::Input& input, Inputs) {
    expect_dimensions(input.shape, 2, 2);
    return input.shape;
}

Shape shape_after(op::Pointwise&, Inputs in) { return *in[0]; }

Shape shape_after(op::Affine& affine, Inputs in) {
    if (affine.low && affine.high && *affine.low > *affine.high) throw Error("\"low\" is above \"high\"");
    return *in[0];
}

/// The shape of two values together, the smaller of which repeats.
Shape joined(const Shape& first, const Shape& second) {
    Shape a = first, b = second;
    Shape& shorter = a.size() < b.size() ? a : b;
    shorter.insert(shorter.begin(), std::max(a.size(), b.size()) - shorter.size(), 1);
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && a[i] != 1 && b[i] != 1)
            throw Error(fmt::format("its inputs are {} and {}", text(first), text(second)));
        a[i] = std::max(a[i], b[i]);
    }
    return a;
}

Shape shape_after(op::Binary&, Inputs in) { return joined(*in[0], *in[1]); }

Shape shape_after(op::Weighted& weighted, Inputs in) {
    if (weighted.shape.empty()) throw Error("\"shape\" is missing");
    return joined(*in[0], weighted.shape);
}

Shape shape_after(op::MatMul&, Inputs in) {
    const Shape &a = *in[0], &b = *in[1];
    expect_dimensions(a, 3, 3);
    if (b.size() != 3 || a[0] != b[0] || a[2] != b[1])
        throw Error(fmt::format("its inputs are {} and {}", text(a), text(b)));
    return {a[0], a[1], b[2]};
}

Shape shape_after(op::Linear& linear, Inputs in) {
    if (linear.units < 1) throw Error("\"units\" is missing");
    Shape shape = *in[0];
    shape.back() = linear.units;
    return shape;
}

/// Values of the padded input of a convolution; walkers may pad it up to a multiple of the stride.
double padded_values(const op::Conv& conv, const Shape& input) {
    double padded = static_cast<double>(input[0]);
    for (std::size_t d = 0; d < conv.kernel.size(); ++d)
        padded *= static_cast<double>(input[d + 1] + conv.padding[2 * d] + conv.padding[2 * d + 1] +
                                      conv.stride[d] - 1);
    return padded;
}

/// Throws if a convolution needs more memory than its weights and its result suggest: a walker may pad its
/// input, and gather what a result sees.
void check_memory(const op::Conv& conv, const Shape& input) {
    double seen = static_cast<double>(input[0] / conv.groups);
    for (const auto size : conv.kernel) seen *= static_cast<double>(size);
    if (padded_values(conv, input) > static_cast<double>(Graph::kMaxValues))
        throw Error(fmt::format("its padded input has more than {} values", Graph::kMaxValues));
    if (seen > static_cast<double>(Graph::kMaxKernel))
        throw Error(fmt::format("a kernel of more than {} values", Graph::kMaxKernel));
}

Shape shape_after(op::Conv& conv, Inputs in) {
    const Shape& input = *in[0];
    expect_dimensions(input, 2, 3);
    const std::size_t over = input.size() - 1;
    if (conv.channels < 1) throw Error("\"channels\" is missing");
    fill(conv.kernel, over, 0, "kernel");
    fill(conv.stride, over, 1, "stride");
    fill(conv.dilation, over, 1, "dilation");
    fill(conv.padding, 2 * over, 0, "padding");
    if (input[0] % conv.groups != 0 || conv.channels % conv.groups != 0)
        throw Error(fmt::format("{} groups of {} and {} channels", conv.groups, input[0], conv.channels));
    Shape shape{conv.channels};
    for (std::size_t d = 0; d < over; ++d) {
        if (conv.kernel[d] < 1) throw Error("\"kernel\" is missing");
        const auto widest = std::max(conv.padding[2 * d], conv.padding[2 * d + 1]);
        if (conv.padding_kind == op::Conv::Padding::reflect && widest >= input[d + 1])
            throw Error(fmt::format("{} values are too few to reflect {}", input[d + 1], widest));
        shape.push_back(places(input[d + 1] + conv.padding[2 * d] + conv.padding[2 * d + 1],
                               (conv.kernel[d] - 1) * conv.dilation[d] + 1, conv.stride[d]));
    }
    check_memory(conv, input);
    return shape;
}

Shape shape_after(op::BatchNorm&, Inputs in) { return *in[0]; }

Shape shape_after(op::LayerNorm& norm, Inputs in) {
    if (norm.dimensions > static_cast<std::int64_t>(in[0]->size()))
        throw Error(fmt::format("{} dimensions of an input {}", norm.dimensions, text(*in[0])));
    return *in[0];
}

Shape shape_after(op::GroupNorm& norm, Inputs in) {
    if ((*in[0])[0] % norm.groups != 0)
        throw Error(fmt::format("{} groups of {} channels", norm.groups, (*in[0])[0]));
    return *in[0];
}

Shape shape_after(op::Pool& pool, Inputs in) {
    const Shape& input = *in[0];
    expect_dimensions(input, 2, 3);
    const std::size_t over = input.size() - 1;
    fill(pool.kernel, over, 0, "kernel");
    if (pool.stride.empty()) pool.stride = pool.kernel;
    fill(pool.stride, over, 1, "stride");
    fill(pool.padding, 2 * over, 0, "padding");
    Shape shape{input[0]};
    for (std::size_t d = 0; d < over; ++d) {
        if (pool.kernel[d] < 1) throw Error("\"kernel\" is missing");
        if (std::max(pool.padding[2 * d], pool.padding[2 * d + 1]) >= pool.kernel[d])
            throw Error("its padding is as wide as its kernel");
        shape.push_back(places(input[d + 1] + pool.padding[2 * d] + pool.padding[2 * d + 1], pool.kernel[d],
                               pool.stride[d]));
    }
    return shape;
}

Shape shape_after(op::Reduce& reduce, Inputs in) {
    if (reduce.axes.empty()) throw Error("\"axes\" is missing");
    Shape shape = *in[0];
    std::int64_t before = -1;
    for (const auto axis : reduce.axes) {
        expect_axis(axis, shape);
        if (axis <= before) throw Error("\"axes\" are not in rising order");
        shape[static_cast<std::size_t>(axis)] = reduce.keep ? 1 : 0;
        before = axis;
    }
    std::erase(shape, 0);
    if (shape.empty()) shape.push_back(1);
    return shape;
}

Shape shape_after(op::Gru& gru, Inputs in) {
    expect_dimensions(*in[0], 2, 2);
    if (gru.hidden < 1) throw Error("\"hidden\" is missing");
    return {(*in[0])[0], gru.hidden * (gru.bidirectional ? 2 : 1)};
}

Shape shape_after(op::Attention& attention, Inputs in) {
    expect_dimensions(*in[0], 2, 2);
    const auto width = (*in[0])[1];
    if (width % attention.heads != 0)
        throw Error(fmt::format("{} channels cannot be divided among {} heads", width, attention.heads));
    return *in[0];
}

Shape shape_after(op::Softmax& softmax, Inputs in) {
    expect_axis(softmax.axis, *in[0]);
    return *in[0];
}

Shape shape_after(op::Concat& concat, Inputs in) {
    Shape shape = *in[0];
    expect_axis(concat.axis, shape);
    const auto axis = static_cast<std::size_t>(concat.axis);
    for (const Shape* other : in.subspan(1)) {
        Shape rest = *other;
        if (rest.size() == shape.size()) rest[axis] = shape[axis];
        if (rest != shape) throw Error(fmt::format("its inputs are {} and {}", text(*in[0]), text(*other)));
        shape[axis] += (*other)[axis];
        if (shape[axis] > Graph::kMaxValues) throw Error("its result is too large");
    }
    return shape;
}

Shape shape_after(op::TopMean& top, Inputs in) {
    Shape shape = *in[0];
    const auto numbers = std::accumulate(top.sizes.begin(), top.sizes.end(), std::int64_t{0});
    if (numbers != shape.back())
        throw Error(fmt::format("groups of {} numbers in all, but there are {}", numbers, shape.back()));
    shape.back() = static_cast<std::int64_t>(top.sizes.size());
    return shape;
}

Shape shape_after(op::Slice& slice, Inputs in) {
    Shape shape = *in[0];
    expect_axis(slice.axis, shape);
    auto& size = shape[static_cast<std::size_t>(slice.axis)];
    if (slice.begin >= slice.end || slice.end > size)
        throw Error(fmt::format("elements {} to {} of {}", slice.begin, slice.end, size));
    size = slice.end - slice.begin;
    return shape;
}

Shape shape_after(op::Reshape& reshape, Inputs in) {
    if (reshape.shape.empty()) throw Error("\"shape\" is missing");
    std::int64_t values = 1;
    for (const auto size : reshape.shape) {
        if (size < 1 || size > Graph::kMaxValues / values) throw Error("its result is too large");
        values *= size;
    }
    if (values != values_of(*in[0]))
        throw Error(fmt::format("{} cannot become {}", text(*in[0]), text(reshape.shape)));
    return reshape.shape;
}

Shape shape_after(op::Transpose& transpose, Inputs in) {
    Shape sorted = transpose.order, all(in[0]->size());
    std::ranges::sort(sorted);
    std::iota(all.begin(), all.end(), std::int64_t{0});
    if (sorted != all)
        throw Error(fmt::format("order {} of an input {}", text(transpose.order), text(*in[0])));
    Shape shape;
    for (const auto d : transpose.order) shape.push_back((*in[0])[static_cast<std::size_t>(d)]);
    return shape;
}

Shape shape_after(op::Repeat& repeat, Inputs in) {
    Shape shape = *in[0];
    expect_axis(repeat.axis, shape);
    shape[static_cast<std::size_t>(repeat.axis)] *= repeat.times;
    return shape;
}

Shape shape_after(op::Dropout&, Inputs in) { return *in[0]; }

Shape shape_after(op::NoiseFloor&, Inputs in) { return *in[0]; }

Shape shape_after(op::TimeFeatures& features, Inputs in) {
    expect_dimensions(*in[0], 2, 2);
    if (features.steps > (*in[0])[0]) {
        throw Error(fmt::format("\"steps\" is {}, but a window has {} frames", features.steps, (*in[0])[0]));
    }
    return {feature_planes(features.deltas, features.deviation), features.steps, (*in[0])[1]};
}

Shape shape_after(op::Standardise&, Inputs in) {
    expect_dimensions(*in[0], 3, 3);
    return *in[0];
}

Shape shape_after(op::Views&, Inputs in) {
    expect_dimensions(*in[0], 2, 2);
    return *in[0];
}

Shape shape_after(op::MergeViews&, Inputs in) { return *in[0]; }

double product_of(const Shape& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), 1.0, std::multiplies<>());
}

}  // namespace

double work_of(const Op& op, const Shape& in, const Shape& out) {
    const double values = product_of(out);
    const auto size = [&](std::size_t d) { return static_cast<double>(in[d]); };
    return std::visit(
        Overloaded{
            [&](const op::Linear&) { return values * static_cast<double>(in.back()); },
            [&](const op::Conv& conv) {
                const double sums =
                    values * product_of(conv.kernel) * static_cast<double>(in[0] / conv.groups);
                return std::max(sums, padded_values(conv, in));
            },
            [&](const op::Pool& pool) { return values * product_of(pool.kernel); },
            [&](const op::Gru& gru) { return 3 * values * (size(1) + static_cast<double>(gru.hidden)); },
            [&](const op::MatMul&) { return values * size(2); },
            [&](const op::Attention&) { return 4 * values * size(1) + 2 * values * size(0); },
            [&](const auto&) { return std::max(values, product_of(in)); }},
        op);
}

std::int64_t values_of(const Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

Shape shape_of(Op& op, std::span<const Shape* const> inputs) {
    const bool two = std::holds_alternative<op::Binary>(op) || std::holds_alternative<op::MatMul>(op);
    const bool many = std::holds_alternative<op::Concat>(op);
    const std::size_t wanted = std::holds_alternative<op::Input>(op) ? 0 : two ? 2 : 1;
    if (many ? inputs.empty() : inputs.size() != wanted)
        throw Error(fmt::format("it has {} inputs, should have {}", inputs.size(), many ? 1 : wanted));
    return std::visit([&](auto& kind) { return shape_after(kind, inputs); }, op);
}

}  // namespace earshot::network
