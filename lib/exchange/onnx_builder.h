#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "network/ops.h"

namespace earshot::exchange {

using network::Shape;

/// A value of an ONNX graph, by its name there.
using Value = std::string;

/// An attribute of an ONNX node.
struct Attribute {
    const char* name;
    std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>> value;
};

/// Writes an ONNX graph node by node. Functions that add an operation have its name in ONNX and return its
/// result. Operations are those of opset 13.
class OnnxBuilder {
 public:
    static constexpr int kOpset = 13, kIrVersion = 7;  // the version of the file format that came with it
    /// A file of protocol buffers holds less than 2 GiB.
    static constexpr std::int64_t kMaxBytes = (std::int64_t{1} << 31) - (std::int64_t{1} << 20);

    /// @param prefix  of names, which must differ between a graph and the graphs within it
    explicit OnnxBuilder(std::string prefix = {}) : prefix_(std::move(prefix)) {}

    /// @param dimensions  sizes, or names of sizes that may vary
    using Dimensions = std::vector<std::variant<std::int64_t, std::string>>;
    Value input(const std::string& name, const Dimensions& dimensions);
    void output(const Value& value, const std::string& name, const Dimensions& dimensions);

    /// Adds a node with one result. @param inputs  empty where an optional one is not given
    Value node(const char* op, const std::vector<Value>& inputs,
               const std::vector<Attribute>& attributes = {});
    /// The same with several results.
    std::vector<Value> nodes(const char* op, const std::vector<Value>& inputs, std::size_t results,
                             const std::vector<Attribute>& attributes = {});

    /// Arrays that don't change. @throws Error if the file would become too large
    Value constant(std::span<const float> values, const Shape& shape, const std::string& name = {});
    Value doubles(std::span<const double> values, const Shape& shape);
    Value whole(std::span<const std::int64_t> values, const Shape& shape);
    Value whole(const std::vector<std::int64_t>& values) {
        return whole(values, {static_cast<std::int64_t>(values.size())});
    }
    /// The same as float16, which the network widens when it runs.
    Value halves(std::span<const float> values, const Shape& shape, const std::string& name);
    /// The same as int8, which the network multiplies by NAME.scale when it runs.
    /// @param scales  one for each place of dimension 0
    Value whole_weights(std::span<const std::int8_t> values, std::span<const float> scales,
                        const Shape& shape, const std::string& name);
    Value scalar(double value) { return constant(std::vector{static_cast<float>(value)}, {}); }
    Value whole_scalar(std::int64_t value) { return whole(std::vector{value}, Shape{}); }

    // What is needed often.
    Value add(const Value& a, const Value& b) { return node("Add", {a, b}); }
    Value subtract(const Value& a, const Value& b) { return node("Sub", {a, b}); }
    Value multiply(const Value& a, const Value& b) { return node("Mul", {a, b}); }
    Value divide(const Value& a, const Value& b) { return node("Div", {a, b}); }
    Value product(const Value& a, const Value& b) { return node("MatMul", {a, b}); }
    Value transpose(const Value& x, const Shape& order) { return node("Transpose", {x}, {{"perm", order}}); }
    Value reshape(const Value& x, const Shape& shape) { return node("Reshape", {x, whole(shape)}); }
    Value concat(const std::vector<Value>& parts, std::int64_t axis) {
        return node("Concat", parts, {{"axis", axis}});
    }
    Value unsqueeze(const Value& x, std::int64_t axis) { return node("Unsqueeze", {x, whole({axis})}); }
    Value gather(const Value& x, const Value& indices, std::int64_t axis) {
        return node("Gather", {x, indices}, {{"axis", axis}});
    }
    Value slice(const Value& x, std::int64_t axis, std::int64_t begin, std::int64_t end,
                std::int64_t step = 1) {
        return node("Slice", {x, whole({begin}), whole({end}), whole({axis}), whole({step})});
    }
    Value mean(const Value& x, const Shape& axes, bool keep = true) {
        return node("ReduceMean", {x}, {{"axes", axes}, {"keepdims", std::int64_t{keep}}});
    }
    Value maximum(const Value& x, const Shape& axes, bool keep = true) {
        return node("ReduceMax", {x}, {{"axes", axes}, {"keepdims", std::int64_t{keep}}});
    }
    Value sum(const Value& x, const Shape& axes, bool keep = true) {
        return node("ReduceSum", {x, whole(axes)}, {{"keepdims", std::int64_t{keep}}});
    }
    Value cast(const Value& x, ::onnx::TensorProto::DataType type) {
        return node("Cast", {x}, {{"to", std::int64_t{type}}});
    }
    /// The size of a dimension, as a scalar.
    Value size(const Value& x, std::int64_t axis) {
        return gather(node("Shape", {x}), whole_scalar(axis), 0);
    }
    /// begin, begin + step ... below end: scalars.
    Value range(const Value& begin, const Value& end, const Value& step) {
        return node("Range", {begin, end, step});
    }

    /// A recurrence along dimension 0: state = state + share (x[t] - state), from the first x on.
    /// @return  the states
    Value smoothed(const Value& x, double share);

    /// The graph that was written. Ends the work.
    ::onnx::GraphProto take() { return std::move(graph_); }

 private:
    template <class Number>
    Value array(std::span<const Number> values, const Shape& shape, ::onnx::TensorProto::DataType type,
                const std::string& name);
    std::string fresh(const std::string& name);

    std::string prefix_;
    ::onnx::GraphProto graph_;
    std::int64_t count_ = 0, bytes_ = 0;
};

}  // namespace earshot::exchange
