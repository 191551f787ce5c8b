#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exchange/graph_maker.h"
#include "exchange/read_network.h"

namespace earshot::exchange {

/// The numbers of an ONNX tensor.
/// @throws Error for types that earshot does not read, and for data that don't fit the shape
ForeignTensor read_tensor(const ::onnx::TensorProto& tensor);

/// Reads ONNX, opset 7 to 20: nodes in order, each of which works on what is before it.
class OnnxReader {
 public:
    explicit OnnxReader(const ::onnx::GraphProto& graph, std::int64_t opset) : file_(graph), opset_(opset) {}
    ForeignNetwork read(const ReadOptions& options);
    ForeignSizes sizes(std::int64_t frames) const;

 private:
    using Handler = void (OnnxReader::*)();
    static const std::map<std::string, Handler> kKnown;

    /// The one input that is no array, and its shape.
    std::pair<std::string, Shape> find_input(std::int64_t frames) const;
    std::string find_result(const std::string& wanted) const;
    std::vector<bool> needed(const std::string& result) const;
    void run(const ::onnx::NodeProto& node);

    // Of the current node.
    const ::onnx::AttributeProto* attribute(const char* name) const;
    std::int64_t whole(const char* name, std::int64_t usual) const;
    double number(const char* name, double usual) const;
    std::string text(const char* name, const std::string& usual) const;
    Shape wholes(const char* name) const;
    std::size_t inputs() const { return static_cast<std::size_t>(node_->input_size()); }
    std::size_t outputs() const { return static_cast<std::size_t>(node_->output_size()); }
    bool has_input(std::size_t i) const { return i < inputs() && !node_->input(static_cast<int>(i)).empty(); }
    const ForeignTensor& input(std::size_t i) const;
    /// Whole numbers of the file: a shape, axes.
    Shape numbers(std::size_t i) const;
    std::span<const float> array(std::size_t i) const;
    double scalar(std::size_t i) const;
    /// Axes by attribute, or as an input in later opsets; empty if neither.
    Shape axes(std::size_t i, std::size_t dimensions) const;
    static std::int64_t axis(std::int64_t given, std::size_t dimensions);
    void give(ForeignTensor tensor, std::size_t output = 0);

    /// What is computed with shapes, before any sound is there. @return whether the node was of that kind
    bool fold();
    bool fold_numbers(const std::string& op);
    bool fold_places(const std::string& op);

    void copy() { give(input(0)); }
    template <Function F>
    void pointwise() {
        give(maker_->pointwise(input(0), F));
    }
    /// Of two values, or more one after the other.
    template <Combination F>
    void binary() {
        ForeignTensor sum = input(0);
        for (std::size_t i = 1; i < inputs(); ++i) sum = maker_->binary(F, sum, input(i));
        give(sum);
    }
    template <network::op::Reduce::Kind K>
    void reduce() {
        Shape over = axes(1, input(0).shape.size());
        if (over.empty() && whole("noop_with_empty_axes", 0) == 0) {
            for (std::size_t d = 0; d < input(0).shape.size(); ++d)
                over.push_back(static_cast<std::int64_t>(d));
        }
        give(maker_->reduce(input(0), K, over, whole("keepdims", 1) != 0));
    }
    template <network::op::Reduce::Kind K>
    void global_pool() {
        Shape over;
        for (std::size_t d = 2; d < input(0).shape.size(); ++d) over.push_back(static_cast<std::int64_t>(d));
        give(maker_->reduce(input(0), K, over, true));
    }
    template <network::op::Pool::Kind K>
    void pool();
    Sliding sliding(Shape kernel) const;
    void convolution();
    void batch_norm();
    void layer_norm();
    void instance_norm();
    void gemm();
    void matmul() { give(maker_->matmul(input(0), input(1))); }
    void softmax();
    void log_softmax();
    void clip();
    void leaky_relu();
    void prelu() { give(maker_->leaky(input(0), input(1))); }
    void elu();
    void hard_sigmoid();
    void softplus();
    void power();
    void negate() { give(maker_->affine(input(0), {.scale = -1})); }
    void reciprocal();
    void transpose();
    void reshape();
    void flatten();
    void squeeze();
    void unsqueeze();
    void expand();
    void concat();
    void split();
    void slice();
    void gather();
    void pad();
    void resize();
    void dequantise();

    const ::onnx::GraphProto& file_;
    std::int64_t opset_;
    std::unordered_map<std::string, ForeignTensor> values_;
    std::optional<GraphMaker> maker_;
    const ::onnx::NodeProto* node_ = nullptr;
};

}  // namespace earshot::exchange
