#include "exchange/onnx_builder.h"

#include <fmt/format.h>

#include "npz/half.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

using Type = ::onnx::TensorProto;

void describe(::onnx::ValueInfoProto& info, const std::string& name,
              const OnnxBuilder::Dimensions& dimensions) {
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(Type::FLOAT);
    auto& shape = *type.mutable_shape();
    for (const auto& dimension : dimensions) {
        auto& added = *shape.add_dim();
        if (const auto* size = std::get_if<std::int64_t>(&dimension)) {
            added.set_dim_value(*size);
        } else {
            added.set_dim_param(std::get<std::string>(dimension));
        }
    }
}

void set(::onnx::AttributeProto& proto, const Attribute& attribute) {
    using Proto = ::onnx::AttributeProto;
    proto.set_name(attribute.name);
    std::visit(network::Overloaded{[&](std::int64_t value) {
                                       proto.set_type(Proto::INT);
                                       proto.set_i(value);
                                   },
                                   [&](double value) {
                                       proto.set_type(Proto::FLOAT);
                                       proto.set_f(static_cast<float>(value));
                                   },
                                   [&](const std::string& value) {
                                       proto.set_type(Proto::STRING);
                                       proto.set_s(value);
                                   },
                                   [&](const std::vector<std::int64_t>& values) {
                                       proto.set_type(Proto::INTS);
                                       for (const auto value : values) proto.add_ints(value);
                                   }},
               attribute.value);
}

}  // namespace

std::string OnnxBuilder::fresh(const std::string& name) {
    return fmt::format("{}{}_{}", prefix_, name, ++count_);
}

Value OnnxBuilder::input(const std::string& name, const Dimensions& dimensions) {
    describe(*graph_.add_input(), name, dimensions);
    return name;
}

void OnnxBuilder::output(const Value& value, const std::string& name, const Dimensions& dimensions) {
    auto& node = *graph_.add_node();
    node.set_op_type("Identity");
    node.set_name(name);
    node.add_input(value);
    node.add_output(name);
    describe(*graph_.add_output(), name, dimensions);
}

Value OnnxBuilder::node(const char* op, const std::vector<Value>& inputs,
                        const std::vector<Attribute>& attributes) {
    return nodes(op, inputs, 1, attributes).front();
}

std::vector<Value> OnnxBuilder::nodes(const char* op, const std::vector<Value>& inputs, std::size_t results,
                                      const std::vector<Attribute>& attributes) {
    auto& node = *graph_.add_node();
    node.set_op_type(op);
    node.set_name(fresh(op));
    for (const Value& input : inputs) node.add_input(input);
    std::vector<Value> values;
    for (std::size_t i = 0; i < results; ++i) {
        values.push_back(results == 1 ? node.name() : fmt::format("{}_{}", node.name(), i));
        node.add_output(values.back());
    }
    for (const Attribute& attribute : attributes) set(*node.add_attribute(), attribute);
    return values;
}

template <class Number>
Value OnnxBuilder::array(std::span<const Number> values, const Shape& shape, Type::DataType type,
                         const std::string& name) {
    static_assert(std::endian::native == std::endian::little, "raw data of ONNX is little-endian");
    const auto bytes = std::as_bytes(values);
    bytes_ += static_cast<std::int64_t>(bytes.size());
    if (bytes_ > kMaxBytes)
        throw Error("the model would be larger than an ONNX file may be, 2 GiB (try --frames)");
    auto& tensor = *graph_.add_initializer();
    tensor.set_name(name.empty() ? fresh("constant") : name);
    tensor.set_data_type(type);
    for (const auto size : shape) tensor.add_dims(size);
    tensor.set_raw_data(bytes.data(), bytes.size());
    return tensor.name();
}

Value OnnxBuilder::constant(std::span<const float> values, const Shape& shape, const std::string& name) {
    return array(values, shape, Type::FLOAT, name);
}

Value OnnxBuilder::doubles(std::span<const double> values, const Shape& shape) {
    return array(values, shape, Type::DOUBLE, {});
}

Value OnnxBuilder::whole(std::span<const std::int64_t> values, const Shape& shape) {
    return array(values, shape, Type::INT64, {});
}

Value OnnxBuilder::halves(std::span<const float> values, const Shape& shape, const std::string& name) {
    std::vector<std::uint16_t> halves;
    halves.reserve(values.size());
    for (const float value : values) {
        const auto half = npz::Half::nearest(value);
        if (!half.is_finite()) throw Error(fmt::format("{} holds {}, too large for float16", name, value));
        halves.push_back(half.bits);
    }
    return cast(array(std::span<const std::uint16_t>(halves), shape, Type::FLOAT16, name), Type::FLOAT);
}

Value OnnxBuilder::whole_weights(std::span<const std::int8_t> values, std::span<const float> scales,
                                 const Shape& shape, const std::string& name) {
    const Value scale = constant(scales, {shape[0]}, name + ".scale");
    return node("DequantizeLinear", {array(values, shape, Type::INT8, name), scale},
                {{"axis", std::int64_t{0}}});
}

Value OnnxBuilder::smoothed(const Value& x, double share) {
    // The body of the loop: a graph of its own, with its own names.
    OnnxBuilder body("smoothing_");
    const Value before = body.input("before", {}), now = body.input("now", {});
    const Value state = body.add(before, body.multiply(body.scalar(share), body.subtract(now, before)));
    body.output(state, "state", {});
    body.output(state, "states", {});
    auto loop = body.take();
    loop.set_name("smoothing");
    for (auto* infos : {loop.mutable_input(), loop.mutable_output()}) {
        for (auto& info : *infos) info.mutable_type()->mutable_tensor_type()->clear_shape();
    }
    const Value first = gather(x, whole_scalar(0), 0);
    const auto values = nodes("Scan", {first, x}, 2, {{"num_scan_inputs", std::int64_t{1}}});
    auto& scan = *graph_.mutable_node(graph_.node_size() - 1);
    auto& attribute = *scan.add_attribute();
    attribute.set_name("body");
    attribute.set_type(::onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = std::move(loop);
    return values[1];
}

}  // namespace earshot::exchange
