#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "exchange/onnx_reader.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

namespace op = network::op;
using Kind = op::Reduce::Kind;

ForeignTensor number_tensor(double value) {
    auto array = std::make_shared<Array>();
    array->values = {static_cast<float>(value)};
    return {{1}, {}, false, std::move(array)};
}

/// ONNX has all numbers before, then all numbers after; here they go by dimension.
Shape by_dimension(const Shape& pads) {
    Shape sorted;
    for (std::size_t d = 0; d < pads.size() / 2; ++d) {
        sorted.push_back(pads[d]);
        sorted.push_back(pads[d + pads.size() / 2]);
    }
    return sorted;
}

using N = OnnxReader;

}  // namespace

const std::map<std::string, OnnxReader::Handler> OnnxReader::kKnown{
    {"Abs", &N::pointwise<Function::abs>},
    {"Add", &N::binary<Combination::add>},
    {"AveragePool", &N::pool<op::Pool::Kind::mean>},
    {"BatchNormalization", &N::batch_norm},
    {"Cast", &N::copy},
    {"Clip", &N::clip},
    {"Concat", &N::concat},
    {"Conv", &N::convolution},
    {"DequantizeLinear", &N::dequantise},
    {"Div", &N::binary<Combination::divide>},
    {"Dropout", &N::copy},
    {"Elu", &N::elu},
    {"Erf", &N::pointwise<Function::erf>},
    {"Exp", &N::pointwise<Function::exp>},
    {"Expand", &N::expand},
    {"Flatten", &N::flatten},
    {"Gather", &N::gather},
    {"Gelu", &N::pointwise<Function::gelu>},
    {"Gemm", &N::gemm},
    {"GlobalAveragePool", &N::global_pool<Kind::mean>},
    {"GlobalMaxPool", &N::global_pool<Kind::max>},
    {"HardSigmoid", &N::hard_sigmoid},
    {"HardSwish", &N::pointwise<Function::hard_swish>},
    {"Identity", &N::copy},
    {"InstanceNormalization", &N::instance_norm},
    {"LayerNormalization", &N::layer_norm},
    {"LeakyRelu", &N::leaky_relu},
    {"Log", &N::pointwise<Function::log>},
    {"LogSoftmax", &N::log_softmax},
    {"MatMul", &N::matmul},
    {"Max", &N::binary<Combination::maximum>},
    {"MaxPool", &N::pool<op::Pool::Kind::max>},
    {"Min", &N::binary<Combination::minimum>},
    {"Mul", &N::binary<Combination::multiply>},
    {"Neg", &N::negate},
    {"PRelu", &N::prelu},
    {"Pad", &N::pad},
    {"Pow", &N::power},
    {"QuantizeLinear", &N::copy},
    {"Reciprocal", &N::reciprocal},
    {"ReduceMax", &N::reduce<Kind::max>},
    {"ReduceMean", &N::reduce<Kind::mean>},
    {"ReduceSum", &N::reduce<Kind::sum>},
    {"Relu", &N::pointwise<Function::relu>},
    {"Reshape", &N::reshape},
    {"Resize", &N::resize},
    {"Sigmoid", &N::pointwise<Function::sigmoid>},
    {"Slice", &N::slice},
    {"Softmax", &N::softmax},
    {"Softplus", &N::softplus},
    {"Split", &N::split},
    {"Sqrt", &N::pointwise<Function::sqrt>},
    {"Squeeze", &N::squeeze},
    {"Sub", &N::binary<Combination::subtract>},
    {"Sum", &N::binary<Combination::add>},
    {"Tanh", &N::pointwise<Function::tanh>},
    {"Transpose", &N::transpose},
    {"Unsqueeze", &N::unsqueeze},
    {"Upsample", &N::resize},
};

const ::onnx::AttributeProto* OnnxReader::attribute(const char* name) const {
    for (const auto& attribute : node_->attribute()) {
        if (attribute.name() == name) return &attribute;
    }
    return nullptr;
}

std::int64_t OnnxReader::whole(const char* name, std::int64_t usual) const {
    const auto* found = attribute(name);
    return found != nullptr ? found->i() : usual;
}

double OnnxReader::number(const char* name, double usual) const {
    const auto* found = attribute(name);
    return found != nullptr ? found->f() : usual;
}

std::string OnnxReader::text(const char* name, const std::string& usual) const {
    const auto* found = attribute(name);
    return found != nullptr ? found->s() : usual;
}

Shape OnnxReader::wholes(const char* name) const {
    const auto* found = attribute(name);
    return found != nullptr ? Shape(found->ints().begin(), found->ints().end()) : Shape();
}

const ForeignTensor& OnnxReader::input(std::size_t i) const {
    if (!has_input(i)) throw Error("an input is missing");
    const auto& name = node_->input(static_cast<int>(i));
    const auto found = values_.find(name);
    if (found == values_.end()) throw Error(fmt::format("'{}' is not computed before it", shown_name(name)));
    return found->second;
}

Shape OnnxReader::numbers(std::size_t i) const { return whole_numbers(input(i)); }

std::span<const float> OnnxReader::array(std::size_t i) const {
    const ForeignTensor& given = input(i);
    if (!given.is_constant()) throw Error("weights that are not numbers of the file");
    return given.array->values;
}

double OnnxReader::scalar(std::size_t i) const {
    const auto values = array(i);
    if (values.size() != 1) throw Error(fmt::format("{} numbers where one is expected", values.size()));
    return values[0];
}

std::int64_t OnnxReader::axis(std::int64_t given, std::size_t dimensions) {
    const auto count = static_cast<std::int64_t>(dimensions);
    const std::int64_t axis = given < 0 ? given + count : given;
    if (axis < 0 || axis >= count) throw Error(fmt::format("axis {} of {} dimensions", given, dimensions));
    return axis;
}

Shape OnnxReader::axes(std::size_t i, std::size_t dimensions) const {
    Shape all = has_input(i) ? numbers(i) : wholes("axes");
    for (auto& one : all) one = axis(one, dimensions);
    std::ranges::sort(all);
    if (std::ranges::adjacent_find(all) != all.end()) throw Error("an axis twice");
    return all;
}

void OnnxReader::give(ForeignTensor tensor, std::size_t output) {
    if (output >= outputs()) throw Error("a result is missing");
    const auto& name = node_->output(static_cast<int>(output));
    if (!values_.emplace(name, std::move(tensor)).second)
        throw Error(fmt::format("'{}' is computed twice", shown_name(name)));
}

Sliding OnnxReader::sliding(Shape kernel) const {
    const Shape sizes = maker_->map_sizes(input(0));
    Sliding made{std::move(kernel), wholes("strides"), wholes("dilations"), by_dimension(wholes("pads"))};
    const std::size_t over = sizes.size();
    if (made.stride.empty()) made.stride.assign(over, 1);
    if (made.dilation.empty()) made.dilation.assign(over, 1);
    if (made.padding.empty()) made.padding.assign(2 * over, 0);
    const auto fits = [&](const Shape& numbers, std::size_t count, std::int64_t low) {
        return numbers.size() == count &&
               std::ranges::all_of(numbers, [&](auto n) { return n >= low && n <= 1 << 20; });
    };
    if (!fits(made.kernel, over, 1) || !fits(made.stride, over, 1) || !fits(made.dilation, over, 1) ||
        !fits(made.padding, 2 * over, 0))
        throw Error(fmt::format("its kernel, strides, dilations or pads do not fit a map {}",
                                shape_text(input(0).shape)));
    const std::string automatic = text("auto_pad", "NOTSET");
    for (std::size_t d = 0; d < over && automatic.starts_with("SAME"); ++d) {
        const std::int64_t extent = (made.kernel[d] - 1) * made.dilation[d] + 1, stride = made.stride[d];
        const std::int64_t missing =
            std::max<std::int64_t>(0, ((sizes[d] + stride - 1) / stride - 1) * stride + extent - sizes[d]);
        const std::int64_t less = missing / 2;
        const bool upper = automatic == "SAME_UPPER";
        made.padding[2 * d] = upper ? less : missing - less;
        made.padding[2 * d + 1] = upper ? missing - less : less;
    }
    return made;
}

void OnnxReader::convolution() {
    const ForeignTensor& kernel = input(1);
    if (!kernel.is_constant() || kernel.shape.size() < 3)
        throw Error("its kernel is not an array of the file");
    const std::int64_t groups = whole("group", 1);
    if (groups < 1 || maker_->map_channels(input(0)) != kernel.shape[1] * groups)
        throw Error("its kernel does not fit its input");
    std::vector<float> bias;
    if (has_input(2)) bias.assign(array(2).begin(), array(2).end());
    give(maker_->conv(input(0), sliding({kernel.shape.begin() + 2, kernel.shape.end()}), groups,
                      {kernel.array->values, {}}, std::move(bias), kernel.shape[0]));
}

template <op::Pool::Kind K>
void OnnxReader::pool() {
    ForeignTensor x = input(0);
    Sliding made = sliding(wholes("kernel_shape"));
    if (std::ranges::any_of(made.dilation, [](auto d) { return d != 1; })) throw Error("a dilation");
    if (K == op::Pool::Kind::mean && whole("count_include_pad", 0) != 0) {
        for (std::size_t d = 0; d < made.kernel.size(); ++d)
            x = maker_->pad(x, static_cast<std::int64_t>(d) + 2,
                            {made.padding[2 * d], made.padding[2 * d + 1]}, op::Conv::Padding::zeros, 0);
        made.padding.assign(made.padding.size(), 0);
    }
    const Shape sizes = maker_->map_sizes(x);
    for (std::size_t d = 0; d < sizes.size() && whole("ceil_mode", 0) != 0; ++d) {
        const std::int64_t over = sizes[d] + made.padding[2 * d] + made.padding[2 * d + 1] - made.kernel[d];
        if (over > 0 && over % made.stride[d] != 0)
            made.padding[2 * d + 1] += made.stride[d] - over % made.stride[d];
    }
    give(maker_->pool(x, K, made));
}

void OnnxReader::batch_norm() {
    if (whole("training_mode", 0) != 0) throw Error("it is for training");
    give(maker_->batch_norm(input(0), {array(1), array(2), array(3), array(4), number("epsilon", 1e-5)}));
}

void OnnxReader::layer_norm() {
    const auto dimensions = input(0).shape.size();
    const auto first = axis(whole("axis", -1), dimensions);
    const auto shift = has_input(2) ? array(2) : std::span<const float>();
    give(maker_->layer_norm(input(0), static_cast<std::int64_t>(dimensions) - first,
                            {array(1), shift, {}, {}, number("epsilon", 1e-5)}));
}

void OnnxReader::instance_norm() {
    give(maker_->instance_norm(input(0), {array(1), array(2), {}, {}, number("epsilon", 1e-5)}));
}

void OnnxReader::gemm() {
    const ForeignTensor& matrix = input(1);
    if (whole("transA", 0) != 0) throw Error("its input is transposed");
    if (!matrix.is_constant() || matrix.shape.size() != 2 || input(0).shape.size() != 2)
        throw Error("its weights are not a matrix of the file");
    const bool transposed = whole("transB", 0) != 0;
    const std::int64_t units = matrix.shape[transposed ? 0 : 1], depth = matrix.shape[transposed ? 1 : 0];
    if (input(0).shape[1] != depth) throw Error("its weights do not fit its input");
    const auto alpha = static_cast<float>(number("alpha", 1)), beta = static_cast<float>(number("beta", 1));
    std::vector<float> weight(matrix.array->values.size()), bias;
    for (std::int64_t u = 0; u < units; ++u) {
        for (std::int64_t k = 0; k < depth; ++k)
            weight[static_cast<std::size_t>(u * depth + k)] =
                alpha *
                matrix.array->values[static_cast<std::size_t>(transposed ? u * depth + k : k * units + u)];
    }
    if (has_input(2)) {
        const auto given = array(2);
        if (given.size() != 1 && given.size() != static_cast<std::size_t>(units))
            throw Error("its bias does not fit");
        for (std::int64_t u = 0; u < units; ++u)
            bias.push_back(beta * given[given.size() == 1 ? 0 : static_cast<std::size_t>(u)]);
    }
    give(maker_->linear(input(0), std::move(weight), std::move(bias), units));
}

void OnnxReader::softmax() {
    const Shape shape = input(0).shape;
    if (opset_ >= 13) return give(maker_->softmax(input(0), axis(whole("axis", -1), shape.size())));
    const auto first = axis(whole("axis", 1), shape.size());  // all of the dimensions from here on
    const std::int64_t before = network::values_of({shape.begin(), shape.begin() + first});
    const auto rows = maker_->reshape(input(0), {before, network::values_of(shape) / before});
    give(maker_->reshape(maker_->softmax(rows, 1), shape));
}

void OnnxReader::log_softmax() {
    if (opset_ < 13 &&
        axis(whole("axis", 1), input(0).shape.size()) + 1 != static_cast<std::int64_t>(input(0).shape.size()))
        throw Error("an axis before the last one");
    const auto along = axis(whole("axis", -1), input(0).shape.size());
    give(maker_->pointwise(maker_->softmax(input(0), along), Function::log));
}

void OnnxReader::clip() {
    ForeignTensor x = input(0);
    const auto limit = [&](std::size_t i, const char* name, Combination function) {
        if (has_input(i) && !input(i).is_constant()) {
            x = maker_->binary(function, x, input(i));
            return;
        }
        const double bound =
            has_input(i) ? scalar(i) : number(name, function == Combination::minimum ? INFINITY : -INFINITY);
        if (std::isfinite(bound) && std::abs(bound) < 3e38)
            x = maker_->binary(function, x, number_tensor(bound));
    };
    limit(1, "min", Combination::maximum);
    limit(2, "max", Combination::minimum);
    give(x);
}

void OnnxReader::leaky_relu() { give(maker_->leaky(input(0), number_tensor(number("alpha", 0.01)))); }

void OnnxReader::elu() {
    const double alpha = number("alpha", 1);
    const auto negative = maker_->pointwise(maker_->affine(input(0), {.high = 0}), Function::exp);
    give(maker_->binary(Combination::add, maker_->pointwise(input(0), Function::relu),
                        maker_->affine(negative, {.scale = alpha, .offset = -alpha})));
}

void OnnxReader::hard_sigmoid() {
    const auto scaled =
        maker_->affine(input(0), {.scale = number("alpha", 0.2), .offset = number("beta", 0.5)});
    give(maker_->affine(scaled, {.low = 0, .high = 1}));
}

/// log(1 + exp(x)), without the overflow of large x.
void OnnxReader::softplus() {
    const auto small = maker_->pointwise(
        maker_->affine(maker_->pointwise(input(0), Function::abs), {.scale = -1}), Function::exp);
    give(maker_->binary(Combination::add, maker_->pointwise(input(0), Function::relu),
                        maker_->pointwise(maker_->affine(small, {.offset = 1}), Function::log)));
}

void OnnxReader::power() {
    const double exponent = scalar(1);
    if (exponent == 1) return give(input(0));
    if (exponent == 2) return give(maker_->pointwise(input(0), Function::square));
    if (exponent == 0.5) return give(maker_->pointwise(input(0), Function::sqrt));
    if (exponent == 3)
        return give(
            maker_->binary(Combination::multiply, maker_->pointwise(input(0), Function::square), input(0)));
    give(maker_->pointwise(maker_->affine(maker_->pointwise(input(0), Function::log), {.scale = exponent}),
                           Function::exp));
}

void OnnxReader::reciprocal() { give(maker_->binary(Combination::divide, number_tensor(1), input(0))); }

/// Numbers of 8 bits in the file become what they stand for.
void OnnxReader::dequantise() {
    const ForeignTensor& x = input(0);
    if (!x.is_constant()) return give(x);
    const auto scales = array(1), zeros = has_input(2) ? array(2) : std::span<const float>();
    std::size_t inner = 1;
    if (scales.size() > 1) {
        const auto along = static_cast<std::size_t>(axis(whole("axis", 1), x.shape.size()));
        if (static_cast<std::int64_t>(scales.size()) != x.shape[along]) throw Error("its scales do not fit");
        for (std::size_t d = along + 1; d < x.shape.size(); ++d)
            inner *= static_cast<std::size_t>(x.shape[d]);
    }
    if (scales.empty() || (!zeros.empty() && zeros.size() != scales.size()))
        throw Error("its scales do not fit");
    auto made = std::make_shared<Array>();
    for (std::size_t i = 0; i < x.array->values.size(); ++i) {
        const std::size_t index = i / inner % scales.size();
        made->values.push_back((x.array->values[i] - (zeros.empty() ? 0 : zeros[index])) * scales[index]);
    }
    give({x.shape, {}, false, std::move(made)});
}

}  // namespace earshot::exchange
