#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "network/ops.h"

namespace earshot::network {

/// An array that training or a file gives: its name in weights.npz, "conv_1.weight".
struct WeightSpec {
    enum class Kind {
        parameter,  // float32, learnt by gradient descent
        statistic,  // float32, measured on the training data
        counter     // int64, no dimensions
    };
    std::string name;
    Shape shape;
    Kind kind = Kind::parameter;
    std::int64_t values() const;
};

/// One operation on what earlier nodes computed.
struct Node {
    std::string name;  // in front of those of its weights; may be empty if it has none
    Op op;
    std::vector<std::size_t> inputs;  // nodes before this one, so that there are no cycles
    Shape shape;                      // of the result, without the dimension of windows
    std::int64_t views = 1;           // results for each window: more than one between Views and MergeViews
};

/// A network as data: what to compute, in order. The same graph is trained with LibTorch, run by the engine
/// without it, and written as ONNX. Node 0 is the input; the last one gives the scores [steps, classes], and
/// one before it the logits [outputs] that are trained.
///
/// A graph is checked while it is built, whether by an architecture or from a file: each number, each shape,
/// and what memory it takes. So walkers need no checks.
class Graph {
 public:
    static constexpr std::size_t kMaxNodes = 4096;
    static constexpr std::int64_t kMaxValues = std::int64_t{1} << 26;     // of one node, for a window
    static constexpr std::int64_t kMaxAllValues = std::int64_t{1} << 28;  // of all nodes, with their views
    static constexpr std::int64_t kMaxWeights = std::int64_t{1} << 27;    // 512 MiB of float32
    static constexpr std::int64_t kMaxPacked = std::int64_t{1} << 28;     // weights, rows padded to 32
    static constexpr std::int64_t kMaxKernel = std::int64_t{1} << 20;  // values that one result of Conv sees
    static constexpr double kMaxWork = 1e12;                           // for a window: minutes

    /// @param frames, bands  K and D of a window
    Graph(std::int64_t frames, std::int64_t bands);

    /// Adds a node. @return its index
    /// @throws Error that names the node and what does not fit
    std::size_t add(std::string name, Op op, std::vector<std::size_t> inputs);
    /// The same after the last node. @return its index
    std::size_t then(Op op, std::string name = {}) { return add(std::move(name), std::move(op), {last()}); }

    /// Declares the last node the logits: what the loss is of.
    void mark_logits() { logits_ = last(); }

    std::span<const Node> nodes() const { return nodes_; }
    const Node& operator[](std::size_t node) const { return nodes_[node]; }
    const Shape& shape() const { return nodes_.back().shape; }  // of the last node
    std::size_t last() const { return nodes_.size() - 1; }
    std::size_t logits() const { return logits_; }
    std::int64_t frames() const { return nodes_.front().shape[0]; }
    std::int64_t bands() const { return nodes_.front().shape[1]; }
    /// Multiplications for a window; operations without them count each value that they look at.
    double work() const { return work_; }

    /// All arrays that it needs: parameters in the order of the nodes, then the others.
    std::vector<WeightSpec> weights() const;
    /// Of one node, in the order that ops.h names them.
    std::vector<WeightSpec> weights_of(const Node& node) const;

    /// As model.json has it. earshot-formats(5), MODELS.
    nlohmann::ordered_json json() const;
    /// @throws Error that says what is wrong with it, before it takes memory
    static Graph from_json(const nlohmann::ordered_json& json);

 private:
    std::vector<Node> nodes_;
    std::size_t logits_ = 0;
    // So far.
    std::set<std::string> arrays_;  // names of weights
    std::int64_t weights_ = 0, packed_ = 0, values_ = 0;
    double work_ = 0;

    void add_weights(const Node& node);
};

/// How many numbers a value of this shape has. Shapes of a graph don't overflow.
std::int64_t values_of(const Shape& shape);

/// The shape of an operation's result.
/// @param inputs  shapes of what it works on
/// @throws Error that says what does not fit
Shape shape_of(Op& op, std::span<const Shape* const> inputs);

/// Multiplications of an operation for one window, or values that it looks at. Of any shapes: it is a double.
/// @param in, out  shapes of its first input (empty if none) and of its result
double work_of(const Op& op, const Shape& in, const Shape& out);

/// Settings that an operation has in files. @param op  must outlive them
std::vector<Setting> op_settings(Op& op);

}  // namespace earshot::network
