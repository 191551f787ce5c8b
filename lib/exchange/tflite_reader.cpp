#include "exchange/tflite_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "npz/half.h"
#include "support/error.h"

namespace earshot::exchange {
namespace {

// Fields of TensorFlow's schema.fbs, by table.
namespace field {
constexpr std::size_t kModelCodes = 1, kModelGraphs = 2, kModelBuffers = 4;
constexpr std::size_t kCodeOld = 0, kCode = 3;
constexpr std::size_t kGraphTensors = 0, kGraphInputs = 1, kGraphOutputs = 2, kGraphOperations = 3;
constexpr std::size_t kTensorShape = 0, kTensorType = 1, kTensorBuffer = 2, kTensorName = 3,
                      kTensorScales = 4;
constexpr std::size_t kScales = 2, kZeros = 3, kScaleAxis = 6;
constexpr std::size_t kOperationCode = 0, kOperationInputs = 1, kOperationOutputs = 2, kOperationOptions = 4;
}  // namespace field

struct NumberType {
    enum : std::uint8_t { float32 = 0, float16 = 1, int32 = 2, uint8 = 3, int64 = 4, int16 = 7, int8 = 9 };
};

std::size_t item_bytes(std::uint8_t type) {
    switch (type) {
        case NumberType::float32:
        case NumberType::int32:
            return 4;
        case NumberType::float16:
        case NumberType::int16:
            return 2;
        case NumberType::uint8:
        case NumberType::int8:
            return 1;
        case NumberType::int64:
            return 8;
        default:
            throw Error(fmt::format("numbers of type {}, which earshot does not read", type));
    }
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t i) {
    Number number;
    std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
    return number;
}

std::int64_t whole_at(std::string_view bytes, std::uint8_t type, std::size_t i) {
    switch (type) {
        case NumberType::int32:
            return number_at<std::int32_t>(bytes, i);
        case NumberType::int16:
            return number_at<std::int16_t>(bytes, i);
        case NumberType::uint8:
            return number_at<std::uint8_t>(bytes, i);
        case NumberType::int8:
            return number_at<std::int8_t>(bytes, i);
        default:
            return number_at<std::int64_t>(bytes, i);
    }
}

/// What the numbers of a tensor stand for: value = (number - zero) scale, for each index along an axis.
struct Quantisation {
    std::vector<float> scales;
    std::vector<std::int64_t> zeros;
    std::size_t inner = 1;  // numbers in a row with the same index

    float value(std::int64_t whole, std::size_t i) const {
        const std::size_t index = scales.size() == 1 ? 0 : i / inner % scales.size();
        const std::int64_t zero = zeros.empty() ? 0 : zeros[zeros.size() == 1 ? 0 : index];
        return static_cast<float>((static_cast<double>(whole) - static_cast<double>(zero)) * scales[index]);
    }
};

std::optional<Quantisation> quantisation_of(const FlatTable& tensor, const Shape& shape) {
    const auto table = tensor.table(field::kTensorScales);
    if (!table) return std::nullopt;
    Quantisation found{table->numbers(field::kScales), table->longs(field::kZeros), 1};
    if (found.scales.empty()) return std::nullopt;
    if (found.zeros.size() > 1 && found.zeros.size() != found.scales.size())
        throw Error("its scales and zero points differ in number");
    if (found.scales.size() == 1) return found;
    const std::int32_t axis = table->whole(field::kScaleAxis);
    if (axis < 0 || static_cast<std::size_t>(axis) >= shape.size() ||
        static_cast<std::int64_t>(found.scales.size()) != shape[static_cast<std::size_t>(axis)])
        throw Error("its scales do not fit its shape");
    for (std::size_t d = static_cast<std::size_t>(axis) + 1; d < shape.size(); ++d)
        found.inner *= static_cast<std::size_t>(shape[d]);
    return found;
}

}  // namespace

TfliteReader::TfliteReader(std::string_view bytes) : bytes_(bytes) {
    const FlatTable model = FlatTable::root(bytes);
    const auto graphs = model.tables(field::kModelGraphs);
    if (graphs.empty()) throw Error("it holds no network");
    buffers_ = model.tables(field::kModelBuffers);
    const FlatTable& graph = graphs.front();
    tensors_ = graph.tables(field::kGraphTensors);
    graph_inputs_ = graph.wholes(field::kGraphInputs);
    graph_outputs_ = graph.wholes(field::kGraphOutputs);
    values_.resize(tensors_.size());
    std::vector<std::int32_t> codes;
    for (const FlatTable& code : model.tables(field::kModelCodes))
        codes.push_back(std::max<std::int32_t>(static_cast<std::int8_t>(code.byte(field::kCodeOld)),
                                               code.whole(field::kCode)));
    for (const FlatTable& operation : graph.tables(field::kGraphOperations)) {
        const auto code = static_cast<std::uint32_t>(operation.whole(field::kOperationCode));
        if (code >= codes.size()) throw Error("damaged: an operation without a code");
        operations_.push_back({codes[code], operation.wholes(field::kOperationInputs),
                               operation.wholes(field::kOperationOutputs),
                               operation.table(field::kOperationOptions)});
    }
}

std::size_t TfliteReader::tensor_number(std::int32_t tensor) const {
    if (tensor < 0 || static_cast<std::size_t>(tensor) >= tensors_.size())
        throw Error("damaged: a tensor that there is not");
    return static_cast<std::size_t>(tensor);
}

std::string TfliteReader::name_of_tensor(std::size_t tensor) const {
    return shown_name(tensors_[tensor].text(field::kTensorName));
}

Shape TfliteReader::shape_of(std::size_t tensor) const {
    const auto sizes = tensors_[tensor].wholes(field::kTensorShape);
    return {sizes.begin(), sizes.end()};
}

Array TfliteReader::read_array(const FlatTable& tensor, std::string_view bytes, const Shape& shape) const {
    const std::uint8_t type = tensor.byte(field::kTensorType);
    const auto count = static_cast<std::size_t>(checked_values(shape));
    if (bytes.size() != count * item_bytes(type))
        throw Error(fmt::format("{} bytes, but its shape is {}", bytes.size(), shape_text(shape)));
    Array array;
    array.values.reserve(count);
    const auto scales = quantisation_of(tensor, shape);
    for (std::size_t i = 0; i < count; ++i) {
        if (type == NumberType::float32) {
            array.values.push_back(number_at<float>(bytes, i));
        } else if (type == NumberType::float16) {
            array.values.push_back(
                static_cast<float>(static_cast<double>(npz::Half{number_at<std::uint16_t>(bytes, i)})));
        } else {
            const auto whole = whole_at(bytes, type, i);
            array.values.push_back(scales ? scales->value(whole, i) : static_cast<float>(whole));
            if (!scales) array.whole.push_back(whole);
        }
    }
    return array;
}

std::optional<ForeignTensor> TfliteReader::constant(std::size_t tensor) const {
    const auto buffer = static_cast<std::uint32_t>(tensors_[tensor].whole(field::kTensorBuffer));
    if (buffer == 0 || buffer >= buffers_.size()) return std::nullopt;  // 0 is the empty one
    const auto bytes = buffers_[buffer].bytes(0);
    if (bytes.empty()) return std::nullopt;
    const Shape shape = shape_of(tensor);
    try {
        return ForeignTensor{
            shape, {}, false, std::make_shared<Array>(read_array(tensors_[tensor], bytes, shape))};
    } catch (const Error& error) {
        throw Error(fmt::format("tensor '{}': {}", name_of_tensor(tensor), error.what()));
    }
}

std::size_t TfliteReader::find_result(const std::string& wanted) const {
    if (graph_outputs_.empty()) throw Error("it has no result");
    if (wanted.empty()) return tensor_number(graph_outputs_.front());
    constexpr std::string_view kBefore = "before ";
    if (wanted.starts_with(kBefore)) {
        for (auto operation = operations_.rbegin(); operation != operations_.rend(); ++operation) {
            if (name_of(operation->code) == wanted.substr(kBefore.size()) && !operation->inputs.empty())
                return tensor_number(operation->inputs.front());
        }
        throw Error(fmt::format("it has no operation {}", shown_name(wanted.substr(kBefore.size()))));
    }
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
        if (tensors_[i].text(field::kTensorName) == wanted) return i;
    }
    std::string last;
    for (std::size_t i = operations_.size() - std::min<std::size_t>(operations_.size(), 6);
         i < operations_.size(); ++i) {
        if (!operations_[i].outputs.empty())
            last += fmt::format("{}'{}'", last.empty() ? "" : ", ",
                                name_of_tensor(tensor_number(operations_[i].outputs[0])));
    }
    throw Error(fmt::format("it has no tensor '{}' (its last ones: {})", shown_name(wanted), last));
}

std::vector<bool> TfliteReader::needed(std::size_t result) const {
    std::vector<bool> wanted(tensors_.size()), needed(operations_.size());
    wanted[result] = true;
    for (std::size_t i = operations_.size(); i-- > 0;) {
        for (const auto output : operations_[i].outputs)
            needed[i] = needed[i] || wanted[tensor_number(output)];
        if (!needed[i]) continue;
        for (const auto input : operations_[i].inputs) {
            if (input >= 0) wanted[tensor_number(input)] = true;
        }
    }
    return needed;
}

void TfliteReader::run(const Operation& operation) {
    operation_ = &operation;
    const auto found = std::ranges::find(known(), operation.code, &Known::code);
    const std::string name = name_of(operation.code);
    if (found == known().end())
        throw Error(fmt::format("it needs the operation {}, which earshot does not have", name));
    try {
        for (const auto input : operation.inputs) {
            if (input < 0 || values_[tensor_number(input)]) continue;
            values_[static_cast<std::size_t>(input)] = constant(static_cast<std::size_t>(input));
        }
        (this->*found->handler)();
    } catch (const Error& error) {
        const bool named = !operation.outputs.empty();
        throw Error(fmt::format(
            "operation {}{}: {}", name,
            named ? fmt::format(" '{}'", name_of_tensor(tensor_number(operation.outputs[0]))) : "",
            error.what()));
    }
}

std::pair<std::size_t, Shape> TfliteReader::find_input(std::int64_t frames) const {
    if (graph_inputs_.size() != 1)
        throw Error(fmt::format("it has {} inputs, should have 1", graph_inputs_.size()));
    const std::size_t input = tensor_number(graph_inputs_[0]);
    Shape shape = shape_of(input);
    if (frames > 0 && shape.size() > 1) shape[1] = frames;
    return {input, shape};
}

ForeignSizes TfliteReader::sizes(std::int64_t frames) const {
    const Shape given = frames_of_input(find_input(frames).second);
    ForeignSizes sizes{given[0], given[1], 0};
    if (graph_outputs_.empty()) return sizes;
    const Shape result = shape_of(tensor_number(graph_outputs_.front()));
    if (!result.empty()) sizes.classes = result.back();
    return sizes;
}

ForeignNetwork TfliteReader::read(const ReadOptions& options) {
    const std::size_t result = find_result(options.result);
    const auto [input, shape] = find_input(options.frames);
    const Shape frames = frames_of_input(shape);
    maker_.emplace(frames[0], frames[1], true);
    values_[input] = maker_->input(shape, options.scale, options.offset);
    const auto wanted = needed(result);
    for (std::size_t i = 0; i < operations_.size(); ++i) {
        if (wanted[i]) run(operations_[i]);
    }
    if (!values_[result] || !values_[result]->node) throw Error("its result is not computed from its input");
    maker_->finish(*values_[result]);
    return {maker_->take_graph(), maker_->take_weights(), name_of_tensor(result)};
}

ForeignNetwork read_tflite(std::string_view bytes, const ReadOptions& options) {
    return TfliteReader(bytes).read(options);
}

ForeignSizes tflite_sizes(std::string_view bytes, std::int64_t frames) {
    return TfliteReader(bytes).sizes(frames);
}

}  // namespace earshot::exchange
