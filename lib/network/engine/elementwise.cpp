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

/// For each number of a result, how far the numbers of an input lie apart along each dimension: 0 where it
/// repeats.
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

template <class Function>
StepPointer both(const Shapes& shapes, Function function) {
    const Shape out = shapes.out;
    const auto a = steps_of(*shapes.in[0], out), b = steps_of(*shapes.in[1], out);
    const std::int64_t a_values = values_of(*shapes.in[0]), b_values = values_of(*shapes.in[1]);
    const std::int64_t values = values_of(out);
    return step_of([=](std::span<const float* const> in, float* result, std::int64_t windows) {
        for (std::int64_t window = 0; window < windows; ++window) {
            const float *x = in[0] + window * a_values, *y = in[1] + window * b_values;
            for (std::int64_t i = 0; i < values; ++i) {
                std::int64_t rest = i, at_a = 0, at_b = 0;
                for (std::size_t d = out.size(); d-- > 0; rest /= out[d]) {
                    at_a += rest % out[d] * a[d];
                    at_b += rest % out[d] * b[d];
                }
                result[window * values + i] = function(x[at_a], y[at_b]);
            }
        }
    });
}

StepPointer make_binary(op::Binary::Function function, const Shapes& shapes) {
    using F = op::Binary::Function;
    switch (function) {
        case F::add:
            return both(shapes, [](float a, float b) { return a + b; });
        case F::subtract:
            return both(shapes, [](float a, float b) { return a - b; });
        case F::multiply:
            return both(shapes, [](float a, float b) { return a * b; });
        case F::divide:
            return both(shapes, [](float a, float b) { return a / b; });
        case F::maximum:
            return both(shapes, [](float a, float b) { return std::max(a, b); });
        case F::minimum:
            return both(shapes, [](float a, float b) { return std::min(a, b); });
    }
    return nullptr;
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

StepPointer make_elementwise(const Node& node, const Shapes& shapes) {
    const std::int64_t values = values_of(shapes.out);
    return std::visit(
        Overloaded{[&](const op::Pointwise& pointwise) { return make_pointwise(pointwise.function, values); },
                   [&](const op::Affine& affine) { return make_affine(affine, values); },
                   [&](const op::Binary& binary) { return make_binary(binary.function, shapes); },
                   [&](const op::Softmax& softmax) { return make_softmax(softmax.axis, shapes.out); },
                   [](const auto&) { return StepPointer(); }},
        node.op);
}

}  // namespace earshot::network::engine
