#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exchange/flat_table.h"
#include "exchange/graph_maker.h"
#include "exchange/read_network.h"

namespace earshot::exchange {

/// Reads TFLite, of which it knows the fields that it needs by their numbers in TensorFlow's schema.fbs.
class TfliteReader {
 public:
    explicit TfliteReader(std::string_view bytes);
    ForeignNetwork read(const ReadOptions& options);
    ForeignSizes sizes(std::int64_t frames) const;

 private:
    /// An operation, with what it works on and what it gives by number of the tensor.
    struct Operation {
        std::int32_t code;
        std::vector<std::int32_t> inputs, outputs;
        std::optional<FlatTable> options;
    };
    using Handler = void (TfliteReader::*)();
    struct Known {
        std::int32_t code;
        const char* name;
        Handler handler;
    };
    static const std::vector<Known>& known();
    static std::string name_of(std::int32_t code);

    void read_operations();
    /// The one input, and its shape.
    std::pair<std::size_t, Shape> find_input(std::int64_t frames) const;
    std::size_t tensor_number(std::int32_t tensor) const;
    /// The tensor that gives the vectors.
    std::size_t find_result(const std::string& wanted) const;
    /// Which operations the result needs.
    std::vector<bool> needed(std::size_t result) const;
    void run(const Operation& operation);

    Shape shape_of(std::size_t tensor) const;
    std::string name_of_tensor(std::size_t tensor) const;
    /// The numbers of the file, if the tensor is one of its arrays.
    std::optional<ForeignTensor> constant(std::size_t tensor) const;
    Array read_array(const FlatTable& tensor, std::string_view bytes, const Shape& shape) const;

    // Of the current operation.
    std::size_t inputs() const { return operation_->inputs.size(); }
    bool has_input(std::size_t i) const { return i < inputs() && operation_->inputs[i] >= 0; }
    const ForeignTensor& input(std::size_t i) const;
    /// Whole numbers of the file: a shape, axes.
    Shape numbers(std::size_t i) const;
    std::int64_t axis(std::int64_t given, const ForeignTensor& of) const;
    const FlatTable* options() const { return operation_->options ? &*operation_->options : nullptr; }
    std::int32_t option(std::size_t field, std::int32_t usual = 0) const {
        return options() ? options()->whole(field, usual) : usual;
    }
    std::uint8_t byte_option(std::size_t field) const { return options() ? options()->byte(field) : 0; }
    void give(ForeignTensor tensor, std::size_t output = 0);
    /// The same after the activation that an operation does beside its own.
    void give_activated(ForeignTensor tensor, std::size_t field);
    /// How a kernel goes over the first input. @param first  fields: padding, stride_w, stride_h
    Sliding sliding(Shape kernel, std::int32_t dilation_rows, std::int32_t dilation_columns) const;
    std::vector<float> bias(std::size_t i) const;

    void copy() { give(input(0)); }
    template <Function F>
    void pointwise() {
        give(maker_->pointwise(input(0), F));
    }
    template <Combination F>
    void binary() {
        give_activated(maker_->binary(F, input(0), input(1)), 0);
    }
    template <Combination F>
    void extreme() {
        give(maker_->binary(F, input(0), input(1)));
    }
    template <network::op::Reduce::Kind K>
    void reduce();
    void convolution();
    void depthwise();
    template <network::op::Pool::Kind K>
    void pool();
    void fully_connected();
    void batch_matmul();
    void leaky_relu();
    void prelu() { give(maker_->leaky(input(0), input(1))); }
    void relu_n1_to_1() { give(maker_->affine(input(0), {.low = -1, .high = 1})); }
    void negate() { give(maker_->affine(input(0), {.scale = -1})); }
    void inverse_root();
    void squared_difference();
    void softmax();
    void reshape();
    void squeeze();
    void expand_dims();
    void transpose();
    void concatenation();
    void split();
    void slice();
    void strided_slice();
    void pad();
    void mirror_pad();
    void resize_nearest();
    void shape();
    void pack();
    void gather();

    std::string_view bytes_;
    std::vector<FlatTable> tensors_, buffers_;
    std::vector<Operation> operations_;
    std::vector<std::int32_t> graph_inputs_, graph_outputs_;
    std::vector<std::optional<ForeignTensor>> values_;
    std::optional<GraphMaker> maker_;
    const Operation* operation_ = nullptr;
};

}  // namespace earshot::exchange
