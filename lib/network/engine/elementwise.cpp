#include <algorithm>
#include <cmath>

#include "network/engine/step.h"

namespace earshot::network::engine {
namespace {

/// A step that applies one function to every number.
template <class Function>
StepPointer each(std::int64_t values, Function function) {
    return step_of([=](std::span<const float* const> in, float* out, std::int64_t windows) {
        const float* from = in[0];
        for (std::int64_t i = 0; i < windows * values; ++i) out[i] = function(from[i]);
    });
}

float sixth(float x) { return std::min(std::max(x + 3, 0.0F), 6.0F) / 6; }

StepPointer make_pointwise(op::Pointwise::Function function, std::int64_t n) {
    using F = op::Pointwise::Function;
    switch (function) {
        case F::relu:
            return each(n, [](float x) { return std::max(x, 0.0F); });
        case F::relu6:
            return each(n, [](float x) { return std::min(std::max(x, 0.0F), 6.0F); });
        case F::sigmoid:
            return each(n, sigmoid);
        case F::tanh:
            return each(n, [](float x) { return std::tanh(x); });
        case F::swish:
            return each(n, [](float x) { return x * sigmoid(x); });
        case F::hard_swish:
            return each(n, [](float x) { return x * sixth(x); });
        case F::gelu:
            return each(n,
                        [](float x) { return x * 0.5F * (1 + std::erf(x * static_cast<float>(M_SQRT1_2))); });
        case F::log:
            return each(n, [](float x) { return std::log(x); });
        case F::exp:
            return each(n, [](float x) { return std::exp(x); });
        case F::sqrt:
            return each(n, [](float x) { return std::sqrt(x); });
        case F::square:
            return each(n, [](float x) { return x * x; });
        case F::erf:
            return each(n, [](float x) { return std::erf(x); });
        case F::abs:
            return each(n, [](float x) { return std::abs(x); });
    }
    return nullptr;
}

StepPointer make_affine(const op::Affine& affine, std::int64_t n) {
    const auto limit = [](const std::optional<double>& value, float none) {
        return value ? static_cast<float>(*value) : none;
    };
    const float low = limit(affine.low, -INFINITY), high = limit(affine.high, INFINITY);
    const auto scale = static_cast<float>(affine.scale), offset = static_cast<float>(affine.offset);
    return each(n, [=](float x) { return std::min(std::max(x, low), high) * scale + offset; });
}

/// One dimension of a result that two values make, and how far their numbers lie apart along it: 0 where one
/// repeats.
struct Along {
    std::int64_t size, a, b;
};

/// How far the numbers of a value lie apart along each dimension of a result.
std::vector<std::int64_t> steps_of(const Shape& shape, const Shape& out) {
    std::vector<std::int64_t> steps(out.size());
    std::int64_t step = 1;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        const std::size_t from_end = shape.size() - 1 - d;
        if (shape[from_end] > 1) steps[out.size() - 1 - d] = step;
        step *= shape[from_end];
    }
    return steps;
}

/// The dimensions of a result, the last one first, as few as there can be: those that both values go through
/// at an even pace are one.
std::vector<Along> dimensions_of(const Shape& a, const Shape& b, const Shape& out) {
    const auto a_steps = steps_of(a, out), b_steps = steps_of(b, out);
    std::vector<Along> all;
    for (std::size_t d = out.size(); d-- > 0;) {
        if (out[d] == 1) continue;
        const bool even = !all.empty() && a_steps[d] == all.back().a * all.back().size &&
                          b_steps[d] == all.back().b * all.back().size;
        if (even)
            all.back().size *= out[d];
        else
            all.push_back({out[d], a_steps[d], b_steps[d]});
    }
    if (all.empty()) all.push_back({1, 0, 0});
    return all;
}

/// One row of a result. The usual steps are constants, so that the compiler takes several numbers at once.
template <class Function>
float* combine_row(const float* x, const float* y, float* out, const Along& row, Function function) {
    if (row.a == 1 && row.b == 1) {
        for (std::int64_t i = 0; i < row.size; ++i) out[i] = function(x[i], y[i]);
    } else if (row.a == 1 && row.b == 0) {
        const float only = y[0];
        for (std::int64_t i = 0; i < row.size; ++i) out[i] = function(x[i], only);
    } else {
        for (std::int64_t i = 0; i < row.size; ++i) out[i] = function(x[i * row.a], y[i * row.b]);
    }
    return out + row.size;
}

/// One window of a result, row by row.
template <class Function>
float* combine(const float* a, const float* b, float* out, std::span<const Along> dimensions,
               Function function) {
    if (dimensions.size() == 1) return combine_row(a, b, out, dimensions[0], function);
    const Along& outer = dimensions.back();
    for (std::int64_t i = 0; i < outer.size; ++i)
        out =
            combine(a + i * outer.a, b + i * outer.b, out, dimensions.first(dimensions.size() - 1), function);
    return out;
}

/// Calls action() with the function of two numbers.
template <class Action>
StepPointer with_function(op::Binary::Function function, const Action& action) {
    using F = op::Binary::Function;
    switch (function) {
        case F::add:
            return action([](float a, float b) { return a + b; });
        case F::subtract:
            return action([](float a, float b) { return a - b; });
        case F::multiply:
            return action([](float a, float b) { return a * b; });
        case F::divide:
            return action([](float a, float b) { return a / b; });
        case F::maximum:
            return action([](float a, float b) { return std::max(a, b); });
        case F::minimum:
            return action([](float a, float b) { return std::min(a, b); });
    }
    return nullptr;
}

StepPointer make_binary(op::Binary::Function function, const Shapes& shapes) {
    const auto dimensions = dimensions_of(*shapes.in[0], *shapes.in[1], shapes.out);
    const std::int64_t a_values = values_of(*shapes.in[0]), b_values = values_of(*shapes.in[1]);
    return with_function(function, [&](auto combination) {
        return step_of([=](std::span<const float* const> in, float* out, std::int64_t windows) {
            for (std::int64_t window = 0; window < windows; ++window)
                out = combine(in[0] + window * a_values, in[1] + window * b_values, out,
                              std::span(dimensions), combination);
        });
    });
}

StepPointer make_weighted(const op::Weighted& weighted, const Node& node, const Shapes& shapes,
                          const Weights& weights) {
    const auto given = weights[node.name + ".weight"];
    const std::vector<float> array(given.begin(), given.end());
    const Shape &in = *shapes.in[0], &of_array = weighted.shape;
    const bool swapped = weighted.swapped;
    const auto dimensions = dimensions_of(swapped ? of_array : in, swapped ? in : of_array, shapes.out);
    const std::int64_t values = values_of(in);
    return with_function(weighted.function, [&](auto combination) {
        return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
            for (std::int64_t window = 0; window < windows; ++window) {
                const float* x = from[0] + window * values;
                out = combine(swapped ? array.data() : x, swapped ? x : array.data(), out,
                              std::span(dimensions), combination);
            }
        });
    });
}

StepPointer make_softmax(std::int64_t axis, const Shape& shape) {
    std::int64_t outer = 1, inner = 1;
    for (std::size_t d = 0; d < shape.size(); ++d)
        (static_cast<std::int64_t>(d) < axis ? outer : inner) *=
            static_cast<std::int64_t>(d) == axis ? 1 : shape[d];
    const std::int64_t size = shape[static_cast<std::size_t>(axis)];
    return step_of([=](std::span<const float* const> in, float* out, std::int64_t windows) {
        for (std::int64_t o = 0; o < windows * outer; ++o) {
            for (std::int64_t i = 0; i < inner; ++i) {
                const float* from = in[0] + o * size * inner + i;
                float* to = out + o * size * inner + i;
                float most = from[0], sum = 0;
                for (std::int64_t k = 1; k < size; ++k) most = std::max(most, from[k * inner]);
                for (std::int64_t k = 0; k < size; ++k)
                    sum += to[k * inner] = std::exp(from[k * inner] - most);
                for (std::int64_t k = 0; k < size; ++k) to[k * inner] /= sum;
            }
        }
    });
}

}  // namespace

StepPointer make_elementwise(const Node& node, const Shapes& shapes, const Weights& weights) {
    const std::int64_t values = values_of(shapes.out);
    return std::visit(
        Overloaded{
            [&](const op::Pointwise& pointwise) { return make_pointwise(pointwise.function, values); },
            [&](const op::Affine& affine) { return make_affine(affine, values); },
            [&](const op::Binary& binary) { return make_binary(binary.function, shapes); },
            [&](const op::Weighted& weighted) { return make_weighted(weighted, node, shapes, weights); },
            [&](const op::Softmax& softmax) { return make_softmax(softmax.axis, shapes.out); },
            [](const auto&) { return StepPointer(); }},
        node.op);
}

}  // namespace earshot::network::engine
