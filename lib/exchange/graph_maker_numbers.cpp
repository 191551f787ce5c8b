#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "exchange/graph_maker.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;

/// The shape of two values together, the smaller of which repeats.
Shape broadcast(Shape a, Shape b) {
    const Shape first = a, second = b;
    Shape& shorter = a.size() < b.size() ? a : b;
    shorter.insert(shorter.begin(), std::max(a.size(), b.size()) - shorter.size(), 1);
    for (std::size_t d = 0; d < a.size(); ++d) {
        if (a[d] != b[d] && a[d] != 1 && b[d] != 1)
            throw Error(fmt::format("its inputs are {} and {}", shape_text(first), shape_text(second)));
        a[d] = a[d] == 1 ? b[d] : a[d];
    }
    return a;
}

/// Both without the leading dimensions that are 1 in both, and at least one.
void strip(Shape& a, Shape& b) {
    const std::size_t dimensions = std::max(a.size(), b.size());
    a.insert(a.begin(), dimensions - a.size(), 1);
    b.insert(b.begin(), dimensions - b.size(), 1);
    std::size_t ones = 0;
    while (ones + 1 < dimensions && a[ones] == 1 && b[ones] == 1) ++ones;
    a.erase(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(ones));
    b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(ones));
}

/// [..., C] as [C, ...]: the numbers and the shape.
std::vector<float> channels_to_front(std::span<const float> values, Shape& shape) {
    const auto channels = static_cast<std::size_t>(shape.back());
    const std::size_t places = values.size() / channels;
    std::vector<float> moved(values.size());
    for (std::size_t place = 0; place < places; ++place) {
        for (std::size_t c = 0; c < channels; ++c) moved[c * places + place] = values[place * channels + c];
    }
    std::ranges::rotate(shape, shape.end() - 1);
    return moved;
}

}  // namespace

ForeignTensor GraphMaker::pointwise(const ForeignTensor& x, op::Pointwise::Function function) {
    if (!x.node) throw Error("numbers of the file where a computed value is needed");
    return {x.shape, add(op::Pointwise{function}, {*x.node}), x.channels_first};
}

ForeignTensor GraphMaker::affine(const ForeignTensor& x, const op::Affine& affine) {
    if (!x.node) throw Error("numbers of the file where a computed value is needed");
    if (!std::isfinite(affine.scale) || !std::isfinite(affine.offset)) throw Error("a division by 0");
    return {x.shape, add(affine, {*x.node}), x.channels_first};
}

ForeignTensor GraphMaker::with_scalar(Combination function, const ForeignTensor& x, double value,
                                      bool value_first) {
    switch (function) {
        case Combination::add:
            return affine(x, {.offset = value});
        case Combination::subtract:
            return affine(x, {.scale = value_first ? -1.0 : 1.0, .offset = value_first ? value : -value});
        case Combination::multiply:
            return affine(x, {.scale = value});
        case Combination::divide:
            if (!value_first) return affine(x, {.scale = 1 / value});
            return {x.shape, add(op::Weighted{function, {1}, true}, {*x.node}, {{static_cast<float>(value)}}),
                    x.channels_first};
        case Combination::maximum:
            return affine(x, {.low = value});
        case Combination::minimum:
            return affine(x, {.high = value});
    }
    throw Error("no such function");
}

ForeignTensor GraphMaker::with_array(Combination function, const ForeignTensor& x, const ForeignTensor& array,
                                     bool array_first) {
    Shape result = broadcast(x.shape, array.shape), values = x.shape, numbers = array.shape;
    if (x.channels_first && result == x.shape) {
        numbers.insert(numbers.begin(), x.shape.size() - numbers.size(), 1);
        numbers.erase(numbers.begin());  // windows
        auto moved = channels_to_front(array.array->values, numbers);
        return {result, add(op::Weighted{function, numbers, array_first}, {map_of(x)}, {std::move(moved)}),
                true};
    }
    strip(values, numbers);
    return {result,
            add(op::Weighted{function, numbers, array_first}, {as(x, values)}, {array.array->values})};
}

ForeignTensor GraphMaker::binary(Combination function, const ForeignTensor& a, const ForeignTensor& b) {
    if (a.is_constant() && b.is_constant()) throw Error("it combines numbers of the file");
    if (a.is_constant() || b.is_constant()) {
        const ForeignTensor &constant = a.is_constant() ? a : b, &x = a.is_constant() ? b : a;
        const Shape result = broadcast(a.shape, b.shape);
        if (constant.array->values.size() == 1 && result == x.shape)
            return with_scalar(function, x, constant.array->values[0], a.is_constant());
        return with_array(function, x, constant, a.is_constant());
    }
    if (a.shape == b.shape && a.channels_first == b.channels_first)
        return {a.shape, add(op::Binary{function}, {*a.node, reshaped(*b.node, shape_of(*a.node))}),
                a.channels_first};
    const Shape result = broadcast(a.shape, b.shape);
    const bool maps = channels_last_ && a.shape.size() == 4 && b.shape.size() == 4 &&
                      (a.channels_first || b.channels_first) && a.shape[0] == 1 && b.shape[0] == 1;
    if (maps) return of_map(add(op::Binary{function}, {map_of(a), map_of(b)}));
    Shape first = a.shape, second = b.shape;
    strip(first, second);
    return {result, add(op::Binary{function}, {as(a, first), as(b, second)})};
}

ForeignTensor GraphMaker::leaky(const ForeignTensor& x, const ForeignTensor& slope) {
    if (!slope.is_constant()) throw Error("a slope that is not given as numbers of the file");
    // The larger of both where the slope is below 1.
    const bool below = std::ranges::all_of(slope.array->values, [](float value) { return value <= 1; });
    if (below) return binary(Combination::maximum, x, binary(Combination::multiply, x, slope));
    const auto positive = affine(x, {.low = 0}), negative = affine(x, {.high = 0});
    return binary(Combination::add, positive, binary(Combination::multiply, negative, slope));
}

ForeignTensor GraphMaker::product_with(const ForeignTensor& x, const ForeignTensor& matrix) {
    const std::int64_t rows = matrix.shape[matrix.shape.size() - 2], columns = matrix.shape.back();
    if (network::values_of(matrix.shape) != rows * columns)
        throw Error(fmt::format("a product with several matrices, {}", shape_text(matrix.shape)));
    if (x.shape.back() != rows)
        throw Error(fmt::format("its inputs are {} and {}", shape_text(x.shape), shape_text(matrix.shape)));
    const auto& values = matrix.array->values;
    std::vector<float> weight(values.size());
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j)
            weight[static_cast<std::size_t>(j * rows + i)] =
                values[static_cast<std::size_t>(i * columns + j)];
    }
    auto result = linear(x, std::move(weight), {}, columns);
    return result;
}

ForeignTensor GraphMaker::matmul(const ForeignTensor& a, const ForeignTensor& b) {
    if (a.shape.size() < 2 || b.shape.size() < 2) throw Error("a product of vectors");
    const auto swapped = [&](const ForeignTensor& x) {
        Shape order(x.shape.size());
        for (std::size_t d = 0; d < order.size(); ++d) order[d] = static_cast<std::int64_t>(d);
        std::swap(order[order.size() - 1], order[order.size() - 2]);
        return order;
    };
    if (b.is_constant()) return product_with(a, b);
    if (a.is_constant()) {  // A X = (X^T A^T)^T
        Shape shape = a.shape;
        std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
        const auto rows = static_cast<std::size_t>(shape[shape.size() - 2]),
                   columns = static_cast<std::size_t>(shape.back());
        auto turned = std::make_shared<Array>();
        turned->values.resize(a.array->values.size());
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns && turned->values.size() == rows * columns; ++j)
                turned->values[i * columns + j] = a.array->values[j * rows + i];
        }
        const auto product = product_with(transpose(b, swapped(b)), {shape, {}, false, turned});
        return transpose(product, swapped(product));
    }
    const Shape before_a(a.shape.begin(), a.shape.end() - 2), before_b(b.shape.begin(), b.shape.end() - 2);
    const std::int64_t rows = a.shape[a.shape.size() - 2], depth = a.shape.back(), columns = b.shape.back();
    const std::int64_t many = network::values_of(before_a), of_b = network::values_of(before_b);
    Shape result = before_a;
    result.push_back(rows);
    result.push_back(columns);
    if (of_b == 1) {  // one matrix for all: their rows are one
        return {result, add(op::MatMul{}, {as(a, {1, many * rows, depth}),
                                           as(b, {1, b.shape[b.shape.size() - 2], columns})})};
    }
    if (before_a != before_b)
        throw Error(fmt::format("its inputs are {} and {}", shape_text(a.shape), shape_text(b.shape)));
    return {result, add(op::MatMul{},
                        {as(a, {many, rows, depth}), as(b, {many, b.shape[b.shape.size() - 2], columns})})};
}

}  // namespace earshot::exchange
