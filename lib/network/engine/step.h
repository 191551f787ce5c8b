#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "network/graph.h"
#include "network/weights.h"

namespace earshot::network::engine {

/// One operation of a network that has learnt, ready to run: its weights are packed, and nothing in it
/// changes. Values are float32, window after window, each in the order of its shape.
class Step {
 public:
    virtual ~Step() = default;
    /// @param in       what it works on
    /// @param out      as many windows of its result
    /// @param scratch  scratch_values() numbers
    virtual void run(std::span<const float* const> in, float* out, std::int64_t windows,
                     float* scratch) const = 0;
    virtual std::size_t scratch_values() const { return 0; }
};

inline float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

using StepPointer = std::unique_ptr<const Step>;

/// What a convolution or linear operation does beside its own: both of what follows it in a graph.
struct Fused {
    const Node* batch_norm = nullptr;  // folded into the weights
    bool relu = false;                 // in the same pass
};

/// Shapes of the inputs and of the result.
struct Shapes {
    std::span<const Shape* const> in;
    const Shape& out;
};

// All give the step for one node.

StepPointer make_linear(const op::Linear& linear, const Node& node, const Shape& in, const Fused& fused,
                        const Weights& weights);
StepPointer make_conv(const op::Conv& conv, const Node& node, const Shape& in, const Fused& fused,
                      const Weights& weights);
/// @param transposed  the input is [C, T] instead of [T, C]
/// @param mean        the result is the mean over the sequence, [C]
StepPointer make_attention(const op::Attention& attention, const Node& node, const Shape& in, bool transposed,
                           bool mean, const Weights& weights);
StepPointer make_gru(const op::Gru& gru, const Node& node, const Shape& in, const Weights& weights);

/// Of numbers alone: pointwise, affine, binary, weighted, softmax. Nothing for all others.
StepPointer make_elementwise(const Node& node, const Shapes& shapes, const Weights& weights);
StepPointer make_matmul(const Shapes& shapes);
/// Batch, layer and group normalisation.
StepPointer make_norm(const Node& node, const Shape& in, const Weights& weights);
/// Of places alone: pool, reduce, top mean, concat, slice, transpose, repeat.
StepPointer make_shaping(const Node& node, const Shapes& shapes);
/// What prepares frames: noise floor, time features, standardise, views, merge views.
/// @param views  of MergeViews: how many there are
StepPointer make_input(const Node& node, const Shape& in, std::int64_t views, const Weights& weights);

/// A step of any function of (in, out, windows).
template <class Function>
class FunctionStep : public Step {
 public:
    explicit FunctionStep(Function function) : function_(std::move(function)) {}
    void run(std::span<const float* const> in, float* out, std::int64_t windows, float*) const override {
        function_(in, out, windows);
    }

 private:
    Function function_;
};
template <class Function>
StepPointer step_of(Function function) {
    return std::make_unique<FunctionStep<Function>>(std::move(function));
}

}  // namespace earshot::network::engine
