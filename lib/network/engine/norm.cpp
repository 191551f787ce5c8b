#include <cmath>

#include "network/engine/step.h"

namespace earshot::network::engine {
namespace {

using Floats = std::vector<float>;

Floats array(const Weights& weights, const Node& node, const char* name) {
    const auto values = weights[node.name + "." + name];
    return {values.begin(), values.end()};
}

StepPointer make_batch_norm(const op::BatchNorm& norm, const Node& node, const Shape& in,
                            const Weights& weights) {
    Floats scale = array(weights, node, "weight"), shift = array(weights, node, "bias");
    const Floats mean = array(weights, node, "running_mean"), variance = array(weights, node, "running_var");
    for (std::size_t c = 0; c < scale.size(); ++c) {
        scale[c] = static_cast<float>(scale[c] / std::sqrt(variance[c] + norm.epsilon));
        shift[c] -= mean[c] * scale[c];
    }
    const std::int64_t each = values_of(in) / in[0];
    return step_of([=](std::span<const float* const> from, float* out, std::int64_t windows) {
        const float* x = from[0];
        for (std::int64_t window = 0; window < windows; ++window) {
            for (std::size_t c = 0; c < scale.size(); ++c) {
                for (std::int64_t i = 0; i < each; ++i) *out++ = *x++ * scale[c] + shift[c];
            }
        }
    });
}

/// Mean and deviation of `size` numbers at a time; number i of a window has the scale and shift of (i /
/// each).
StepPointer make_group(std::int64_t values, std::int64_t size, std::int64_t each, double epsilon,
                       Floats scale, Floats shift, bool of_group) {
    return step_of([=](std::span<const float* const> in, float* out, std::int64_t windows) {
        const float* x = in[0];
        for (std::int64_t at = 0; at < windows * values; at += size, x += size, out += size) {
            double sum = 0, squares = 0;
            for (std::int64_t i = 0; i < size; ++i) sum += x[i];
            const double mean = sum / static_cast<double>(size);
            for (std::int64_t i = 0; i < size; ++i) squares += (x[i] - mean) * (x[i] - mean);
            const double share = 1 / std::sqrt(squares / static_cast<double>(size) + epsilon);
            const std::int64_t first = of_group ? 0 : at % values / each;
            for (std::int64_t i = 0; i < size; ++i) {
                const auto c = static_cast<std::size_t>(first + i / each);
                out[i] = static_cast<float>((x[i] - mean) * share) * scale[c] + shift[c];
            }
        }
    });
}

}  // namespace

StepPointer make_norm(const Node& node, const Shape& in, const Weights& weights) {
    const std::int64_t values = values_of(in);
    return std::visit(
        Overloaded{[&](const op::BatchNorm& norm) { return make_batch_norm(norm, node, in, weights); },
                   [&](const op::LayerNorm& norm) {
                       const std::int64_t size = values_of({in.end() - norm.dimensions, in.end()});
                       return make_group(values, size, 1, norm.epsilon, array(weights, node, "weight"),
                                         array(weights, node, "bias"), true);
                   },
                   [&](const op::GroupNorm& norm) {
                       return make_group(values, values / norm.groups, values / in[0], norm.epsilon,
                                         array(weights, node, "weight"), array(weights, node, "bias"), false);
                   },
                   [](const auto&) { return StepPointer(); }},
        node.op);
}

}  // namespace earshot::network::engine
