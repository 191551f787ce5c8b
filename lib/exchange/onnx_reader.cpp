#include "exchange/onnx_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <unordered_set>

#include "npz/half.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

using Tensor = ::onnx::TensorProto;

constexpr std::int64_t kOldestOpset = 7, kNewestOpset = 20;

/// The numbers of a tensor's raw data, as `Stored`.
template <class Stored>
void take_raw(const std::string& raw, std::size_t count, Array& array) {
    if (raw.size() != count * sizeof(Stored))
        throw Error(fmt::format("{} bytes for {} numbers", raw.size(), count));
    for (std::size_t i = 0; i < count; ++i) {
        Stored number;
        std::memcpy(&number, raw.data() + i * sizeof(Stored), sizeof(Stored));
        array.values.push_back(static_cast<float>(number));
        if constexpr (std::is_integral_v<Stored>) array.whole.push_back(static_cast<std::int64_t>(number));
    }
}

template <class Numbers>
void take_listed(const Numbers& numbers, std::size_t count, bool whole, Array& array) {
    if (static_cast<std::size_t>(numbers.size()) != count)
        throw Error(fmt::format("{} numbers, should have {}", numbers.size(), count));
    for (const auto number : numbers) {
        array.values.push_back(static_cast<float>(number));
        if (whole) array.whole.push_back(static_cast<std::int64_t>(number));
    }
}

void take_halves(const Tensor& tensor, std::size_t count, Array& array) {
    Array bits;
    if (tensor.has_raw_data())
        take_raw<std::uint16_t>(tensor.raw_data(), count, bits);
    else
        take_listed(tensor.int32_data(), count, true, bits);
    for (const auto half : bits.whole)
        array.values.push_back(
            static_cast<float>(static_cast<double>(npz::Half{static_cast<std::uint16_t>(half)})));
}

void take_numbers(const Tensor& tensor, std::size_t count, Array& array) {
    const bool raw = tensor.has_raw_data();
    switch (tensor.data_type()) {
        case Tensor::FLOAT:
            return raw ? take_raw<float>(tensor.raw_data(), count, array)
                       : take_listed(tensor.float_data(), count, false, array);
        case Tensor::DOUBLE:
            return raw ? take_raw<double>(tensor.raw_data(), count, array)
                       : take_listed(tensor.double_data(), count, false, array);
        case Tensor::INT64:
            return raw ? take_raw<std::int64_t>(tensor.raw_data(), count, array)
                       : take_listed(tensor.int64_data(), count, true, array);
        case Tensor::INT32:
            return raw ? take_raw<std::int32_t>(tensor.raw_data(), count, array)
                       : take_listed(tensor.int32_data(), count, true, array);
        case Tensor::UINT8:
        case Tensor::BOOL:
            return raw ? take_raw<std::uint8_t>(tensor.raw_data(), count, array)
                       : take_listed(tensor.int32_data(), count, true, array);
        case Tensor::INT8:
            return raw ? take_raw<std::int8_t>(tensor.raw_data(), count, array)
                       : take_listed(tensor.int32_data(), count, true, array);
        case Tensor::FLOAT16:
            return take_halves(tensor, count, array);
        default:
            throw Error(fmt::format("numbers of type {}, which earshot does not read", tensor.data_type()));
    }
}

}  // namespace

ForeignTensor read_tensor(const Tensor& tensor) try {
    const Shape shape(tensor.dims().begin(), tensor.dims().end());
    const auto count = static_cast<std::size_t>(checked_values(shape));
    if (tensor.data_location() == Tensor::EXTERNAL) throw Error("its numbers are in another file");
    auto array = std::make_shared<Array>();
    take_numbers(tensor, count, *array);
    return {shape, {}, false, std::move(array)};
} catch (const Error& error) {
    throw Error(fmt::format("array '{}': {}", shown_name(tensor.name()), error.what()));
}

std::pair<std::string, Shape> OnnxReader::find_input(std::int64_t frames) const {
    std::unordered_set<std::string> arrays;
    for (const auto& tensor : file_.initializer()) arrays.insert(tensor.name());
    std::vector<const ::onnx::ValueInfoProto*> inputs;
    for (const auto& info : file_.input()) {
        if (!arrays.contains(info.name())) inputs.push_back(&info);
    }
    if (inputs.size() != 1) throw Error(fmt::format("it has {} inputs, should have 1", inputs.size()));
    Shape shape;
    for (const auto& dimension : inputs[0]->type().tensor_type().shape().dim()) {
        if (dimension.has_dim_value() && dimension.dim_value() > 0)
            shape.push_back(dimension.dim_value());
        else if (shape.empty())
            shape.push_back(1);  // of windows
        else if (frames > 0)
            shape.push_back(std::exchange(frames, 0));
        else
            throw Error("its input leaves the number of frames open (give it as frames)");
    }
    if (!shape.empty()) shape[0] = shape.size() > 2 ? 1 : shape[0];
    return {inputs[0]->name(), shape};
}

ForeignSizes OnnxReader::sizes(std::int64_t frames) const {
    const Shape given = frames_of_input(find_input(frames).second);
    ForeignSizes sizes{given[0], given[1], 0};
    if (file_.output_size() == 0) return sizes;
    const auto& result = file_.output(0).type().tensor_type().shape();
    if (result.dim_size() > 0) sizes.classes = result.dim(result.dim_size() - 1).dim_value();
    return sizes;
}

std::string OnnxReader::find_result(const std::string& wanted) const {
    if (file_.output_size() == 0) throw Error("it has no result");
    if (wanted.empty()) return file_.output(0).name();
    constexpr std::string_view kBefore = "before ";
    if (wanted.starts_with(kBefore)) {
        for (int i = file_.node_size(); i-- > 0;) {
            if (file_.node(i).op_type() == wanted.substr(kBefore.size()) && file_.node(i).input_size() > 0)
                return file_.node(i).input(0);
        }
        throw Error(fmt::format("it has no operation {}", shown_name(wanted.substr(kBefore.size()))));
    }
    std::string last;
    for (int i = 0; i < file_.node_size(); ++i) {
        for (const auto& output : file_.node(i).output()) {
            if (output == wanted) return wanted;
            if (i + 6 >= file_.node_size())
                last += fmt::format("{}'{}'", last.empty() ? "" : ", ", shown_name(output));
        }
    }
    throw Error(fmt::format("it has no tensor '{}' (its last ones: {})", shown_name(wanted), last));
}

std::vector<bool> OnnxReader::needed(const std::string& result) const {
    std::unordered_set<std::string> wanted{result};
    std::vector<bool> needed(static_cast<std::size_t>(file_.node_size()));
    for (int i = file_.node_size(); i-- > 0;) {
        const auto& node = file_.node(i);
        const bool is_needed =
            std::ranges::any_of(node.output(), [&](const auto& name) { return wanted.contains(name); });
        needed[static_cast<std::size_t>(i)] = is_needed;
        if (is_needed) wanted.insert(node.input().begin(), node.input().end());
    }
    return needed;
}

void OnnxReader::run(const ::onnx::NodeProto& node) {
    node_ = &node;
    const std::string op = shown_name(node.op_type());
    try {
        if (fold()) return;
        const auto found = kKnown.find(node.op_type());
        if (found == kKnown.end() || !(node.domain().empty() || node.domain() == "ai.onnx"))
            throw Error("earshot does not have this operation");
        (this->*found->second)();
    } catch (const Error& error) {
        const std::string name = node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
        throw Error(fmt::format("operation {} '{}': {}", op, shown_name(name), error.what()));
    }
}

ForeignNetwork OnnxReader::read(const ReadOptions& options) {
    const std::string result = find_result(options.result);
    const auto [input, shape] = find_input(options.frames);
    const Shape frames = frames_of_input(shape);
    maker_.emplace(frames[0], frames[1], false);
    values_[input] = maker_->input(shape, options.scale, options.offset);
    const auto wanted = needed(result);
    std::unordered_set<std::string> used;
    for (int i = 0; i < file_.node_size(); ++i) {
        if (wanted[static_cast<std::size_t>(i)])
            used.insert(file_.node(i).input().begin(), file_.node(i).input().end());
    }
    for (const auto& tensor : file_.initializer()) {
        if (used.contains(tensor.name())) values_[tensor.name()] = read_tensor(tensor);
    }
    for (int i = 0; i < file_.node_size(); ++i) {
        if (wanted[static_cast<std::size_t>(i)]) run(file_.node(i));
    }
    const auto found = values_.find(result);
    if (found == values_.end() || !found->second.node)
        throw Error("its result is not computed from its input");
    maker_->finish(found->second);
    return {maker_->take_graph(), maker_->take_weights(), shown_name(result)};
}

namespace {

/// Calls action() with a reader of the file.
template <class Action>
auto with_reader(std::string_view bytes, const Action& action) {
    ::onnx::ModelProto model;
    if (bytes.size() > INT_MAX || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        !model.has_graph())
        throw Error("neither ONNX nor TFLite");
    std::int64_t opset = 0;
    for (const auto& set : model.opset_import()) {
        if (set.domain().empty() || set.domain() == "ai.onnx") opset = set.version();
    }
    if (opset < kOldestOpset || opset > kNewestOpset)
        throw Error(
            fmt::format("ONNX of opset {}, but earshot reads {} to {}", opset, kOldestOpset, kNewestOpset));
    return action(OnnxReader(model.graph(), opset));
}

}  // namespace

ForeignNetwork read_onnx(std::string_view bytes, const ReadOptions& options) {
    return with_reader(bytes, [&](OnnxReader reader) { return reader.read(options); });
}

ForeignSizes onnx_sizes(std::string_view bytes, std::int64_t frames) {
    return with_reader(bytes, [&](const OnnxReader& reader) { return reader.sizes(frames); });
}

}  // namespace earshot::exchange
