#include <fmt/format.h>

#include <algorithm>

#include "exchange/tflite_reader.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;

/// A kernel [O, H, W, I] as [O, I, H, W].
std::vector<float> inputs_before_places(const std::vector<float>& values, std::size_t outer,
                                        std::size_t places, std::size_t inputs) {
    std::vector<float> moved(values.size());
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t p = 0; p < places; ++p) {
            for (std::size_t i = 0; i < inputs; ++i)
                moved[(o * inputs + i) * places + p] = values[(o * places + p) * inputs + i];
        }
    }
    return moved;
}

const Shape& kernel_shape(const ForeignTensor& kernel) {
    if (!kernel.is_constant() || kernel.shape.size() != 4)
        throw Error("its kernel should be an array of four dimensions");
    return kernel.shape;
}

}  // namespace

const std::vector<TfliteReader::Known>& TfliteReader::known() {
    using R = TfliteReader;
    static const std::vector<Known> all{
        {0, "ADD", &R::binary<Combination::add>},
        {1, "AVERAGE_POOL_2D", &R::pool<op::Pool::Kind::mean>},
        {2, "CONCATENATION", &R::concatenation},
        {3, "CONV_2D", &R::convolution},
        {4, "DEPTHWISE_CONV_2D", &R::depthwise},
        {6, "DEQUANTIZE", &R::copy},
        {9, "FULLY_CONNECTED", &R::fully_connected},
        {14, "LOGISTIC", &R::pointwise<Function::sigmoid>},
        {17, "MAX_POOL_2D", &R::pool<op::Pool::Kind::max>},
        {18, "MUL", &R::binary<Combination::multiply>},
        {19, "RELU", &R::pointwise<Function::relu>},
        {20, "RELU_N1_TO_1", &R::relu_n1_to_1},
        {21, "RELU6", &R::pointwise<Function::relu6>},
        {22, "RESHAPE", &R::reshape},
        {25, "SOFTMAX", &R::softmax},
        {28, "TANH", &R::pointwise<Function::tanh>},
        {34, "PAD", &R::pad},
        {36, "GATHER", &R::gather},
        {39, "TRANSPOSE", &R::transpose},
        {40, "MEAN", &R::reduce<op::Reduce::Kind::mean>},
        {41, "SUB", &R::binary<Combination::subtract>},
        {42, "DIV", &R::binary<Combination::divide>},
        {43, "SQUEEZE", &R::squeeze},
        {45, "STRIDED_SLICE", &R::strided_slice},
        {47, "EXP", &R::pointwise<Function::exp>},
        {49, "SPLIT", &R::split},
        {53, "CAST", &R::copy},
        {54, "PRELU", &R::prelu},
        {55, "MAXIMUM", &R::extreme<Combination::maximum>},
        {57, "MINIMUM", &R::extreme<Combination::minimum>},
        {59, "NEG", &R::negate},
        {60, "PADV2", &R::pad},
        {65, "SLICE", &R::slice},
        {70, "EXPAND_DIMS", &R::expand_dims},
        {73, "LOG", &R::pointwise<Function::log>},
        {74, "SUM", &R::reduce<op::Reduce::Kind::sum>},
        {75, "SQRT", &R::pointwise<Function::sqrt>},
        {76, "RSQRT", &R::inverse_root},
        {77, "SHAPE", &R::shape},
        {82, "REDUCE_MAX", &R::reduce<op::Reduce::Kind::max>},
        {83, "PACK", &R::pack},
        {92, "SQUARE", &R::pointwise<Function::square>},
        {97, "RESIZE_NEAREST_NEIGHBOR", &R::resize_nearest},
        {98, "LEAKY_RELU", &R::leaky_relu},
        {99, "SQUARED_DIFFERENCE", &R::squared_difference},
        {100, "MIRROR_PAD", &R::mirror_pad},
        {101, "ABS", &R::pointwise<Function::abs>},
        {114, "QUANTIZE", &R::copy},
        {117, "HARD_SWISH", &R::pointwise<Function::hard_swish>},
        {126, "BATCH_MATMUL", &R::batch_matmul},
        {150, "GELU", &R::pointwise<Function::gelu>},
    };
    return all;
}

std::string TfliteReader::name_of(std::int32_t code) {
    const auto found = std::ranges::find(known(), code, &Known::code);
    return found != known().end() ? found->name
           : code == 32           ? "CUSTOM"
                                  : fmt::format("number {} of TFLite", code);
}

const ForeignTensor& TfliteReader::input(std::size_t i) const {
    if (!has_input(i)) throw Error("an input is missing");
    const auto& value = values_[static_cast<std::size_t>(operation_->inputs[i])];
    if (!value) throw Error("an input is not computed before it");
    return *value;
}

Shape TfliteReader::numbers(std::size_t i) const { return whole_numbers(input(i)); }

std::int64_t TfliteReader::axis(std::int64_t given, const ForeignTensor& of) const {
    const auto dimensions = static_cast<std::int64_t>(of.shape.size());
    const std::int64_t axis = given < 0 ? given + dimensions : given;
    if (axis < 0 || axis >= dimensions)
        throw Error(fmt::format("axis {} of {}", given, shape_text(of.shape)));
    return axis;
}

void TfliteReader::give(ForeignTensor tensor, std::size_t output) {
    if (output >= operation_->outputs.size()) throw Error("a result is missing");
    values_[tensor_number(operation_->outputs[output])] = std::move(tensor);
}

void TfliteReader::give_activated(ForeignTensor tensor, std::size_t field) {
    switch (byte_option(field)) {
        case 0:
            return give(std::move(tensor));
        case 1:
            return give(maker_->pointwise(tensor, Function::relu));
        case 2:
            return give(maker_->affine(tensor, {.low = -1, .high = 1}));
        case 3:
            return give(maker_->pointwise(tensor, Function::relu6));
        case 4:
            return give(maker_->pointwise(tensor, Function::tanh));
        default:
            throw Error(fmt::format("activation {}, which earshot does not have", byte_option(field)));
    }
}

/// TensorFlow's SAME: as many results as strides fit, with the odd one of the padding at the end.
Sliding TfliteReader::sliding(Shape kernel, std::int32_t dilation_rows, std::int32_t dilation_columns) const {
    Sliding made{std::move(kernel), {option(2, 1), option(1, 1)}, {dilation_rows, dilation_columns}, {}};
    const Shape sizes = maker_->map_sizes(input(0));
    const bool same = byte_option(0) == 0;
    if (sizes.size() != 2) throw Error("a map without two dimensions");
    for (std::size_t d = 0; d < 2; ++d) {
        if (made.stride[d] < 1 || made.dilation[d] < 1) throw Error("a stride below 1");
        const std::int64_t extent = (made.kernel[d] - 1) * made.dilation[d] + 1;
        const std::int64_t results = (sizes[d] + made.stride[d] - 1) / made.stride[d];
        const std::int64_t missing =
            same ? std::max<std::int64_t>(0, (results - 1) * made.stride[d] + extent - sizes[d]) : 0;
        made.padding.push_back(missing / 2);
        made.padding.push_back(missing - missing / 2);
    }
    return made;
}

std::vector<float> TfliteReader::bias(std::size_t i) const {
    if (!has_input(i)) return {};
    const ForeignTensor& given = input(i);
    if (!given.is_constant()) throw Error("its bias is not an array of the file");
    return given.array->values;
}

void TfliteReader::convolution() {
    const ForeignTensor& kernel = input(1);
    const Shape& shape = kernel_shape(kernel);  // [O, H, W, I]
    const auto places = static_cast<std::size_t>(shape[1] * shape[2]),
               inputs = static_cast<std::size_t>(shape[3]);
    const std::int64_t channels = maker_->map_channels(input(0));
    if (shape[3] < 1 || channels % shape[3] != 0) throw Error("its kernel does not fit its input");
    Array weight{
        inputs_before_places(kernel.array->values, static_cast<std::size_t>(shape[0]), places, inputs), {}};
    give_activated(maker_->conv(input(0), sliding({shape[1], shape[2]}, option(5, 1), option(4, 1)),
                                channels / shape[3], std::move(weight), bias(2), shape[0]),
                   3);
}

void TfliteReader::depthwise() {
    const ForeignTensor& kernel = input(1);
    const Shape& shape = kernel_shape(kernel);  // [1, H, W, O]
    const auto places = static_cast<std::size_t>(shape[1] * shape[2]),
               outputs = static_cast<std::size_t>(shape[3]);
    const std::int64_t channels = maker_->map_channels(input(0));
    if (shape[0] != 1 || shape[3] % channels != 0) throw Error("its kernel does not fit its input");
    Array weight{inputs_before_places(kernel.array->values, 1, places, outputs), {}};
    give_activated(maker_->conv(input(0), sliding({shape[1], shape[2]}, option(6, 1), option(5, 1)), channels,
                                std::move(weight), bias(2), shape[3]),
                   4);
}

template <op::Pool::Kind K>
void TfliteReader::pool() {
    give_activated(maker_->pool(input(0), K, sliding({option(4, 1), option(3, 1)}, 1, 1)), 5);
}

template <op::Reduce::Kind K>
void TfliteReader::reduce() {
    Shape axes;
    for (const auto given : numbers(1)) axes.push_back(axis(given, input(0)));
    give(maker_->reduce(input(0), K, axes, byte_option(0) != 0));
}

void TfliteReader::fully_connected() {
    const ForeignTensor& weight = input(1);
    if (!weight.is_constant() || weight.shape.size() != 2)
        throw Error("its weights are not a matrix of the file");
    const std::int64_t units = weight.shape[0], inputs = weight.shape[1];
    const bool keep = byte_option(2) != 0;
    const std::int64_t values = network::values_of(input(0).shape);
    if (inputs < 1 || values % inputs != 0 || (keep && input(0).shape.back() != inputs))
        throw Error("its weights do not fit its input");
    const auto x = keep ? input(0) : maker_->reshape(input(0), {values / inputs, inputs});
    give_activated(maker_->linear(x, weight.array->values, bias(2), units), 0);
}

void TfliteReader::batch_matmul() {
    if (byte_option(0) != 0) throw Error("its first matrix is transposed");
    ForeignTensor second = input(1);
    if (byte_option(1) != 0 && !second.is_constant()) {
        Shape order(second.shape.size());
        for (std::size_t d = 0; d < order.size(); ++d) order[d] = static_cast<std::int64_t>(d);
        if (order.size() < 2) throw Error("a product of vectors");
        std::swap(order[order.size() - 1], order[order.size() - 2]);
        second = maker_->transpose(second, order);
    } else if (byte_option(1) != 0) {
        throw Error("its second matrix is transposed");
    }
    give(maker_->matmul(input(0), second));
}

void TfliteReader::leaky_relu() {
    auto slope = std::make_shared<Array>();
    slope->values = {options() ? options()->number(0) : 0};
    give(maker_->leaky(input(0), {{1}, {}, false, slope}));
}

void TfliteReader::inverse_root() {
    auto one = std::make_shared<Array>();
    one->values = {1};
    give(maker_->binary(Combination::divide, {{1}, {}, false, one},
                        maker_->pointwise(input(0), Function::sqrt)));
}

void TfliteReader::squared_difference() {
    give(maker_->pointwise(maker_->binary(Combination::subtract, input(0), input(1)), Function::square));
}

void TfliteReader::softmax() {
    const float beta = options() ? options()->number(0) : 1;
    const auto scaled = beta == 1 ? input(0) : maker_->affine(input(0), {.scale = beta});
    give(maker_->softmax(scaled, static_cast<std::int64_t>(scaled.shape.size()) - 1));
}

}  // namespace earshot::exchange
