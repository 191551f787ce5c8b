#include <initializer_list>
#include <utility>

#include "network/graph.h"
#include "support/setting.h"

namespace earshot::network {
namespace {

constexpr std::int64_t kMostUnits = 1 << 20;
constexpr std::size_t kMostDimensions = 6;

/// What files call a setting. They need no help.
template <class... Arguments>
Setting field(std::string name, SettingValue value) {
    return {std::move(name), std::move(value), "", ""};
}

SettingValue shape_in(Shape& shape, std::int64_t low = 1) {
    return list_in(shape, 1, kMostDimensions, low, Graph::kMaxValues);
}
SettingValue axis_in(std::int64_t& axis) { return whole_in(axis, 0, kMostDimensions - 1); }
SettingValue epsilon_in(double& epsilon) { return number_in(epsilon, 1e-12, 1); }

std::vector<Setting> settings_of(op::Input& input) { return {field("shape", shape_in(input.shape))}; }

std::vector<Setting> settings_of(op::Pointwise& pointwise) {
    using F = op::Pointwise::Function;
    return {field("function", choice_of<F>(pointwise.function, {{"relu", F::relu},
                                                                {"relu6", F::relu6},
                                                                {"sigmoid", F::sigmoid},
                                                                {"tanh", F::tanh},
                                                                {"swish", F::swish},
                                                                {"hard_swish", F::hard_swish},
                                                                {"gelu", F::gelu},
                                                                {"log", F::log},
                                                                {"exp", F::exp},
                                                                {"sqrt", F::sqrt},
                                                                {"square", F::square},
                                                                {"erf", F::erf},
                                                                {"abs", F::abs}}))};
}

std::vector<Setting> settings_of(op::Affine& affine) {
    return {field("scale", number_in(affine.scale, -1e30, 1e30)),
            field("offset", number_in(affine.offset, -1e30, 1e30)).sparse(),
            field("low", number_in(affine.low, -1e30, 1e30)),
            field("high", number_in(affine.high, -1e30, 1e30))};
}

Setting function_field(op::Binary::Function& function) {
    using F = op::Binary::Function;
    return field("function", choice_of<F>(function, {{"add", F::add},
                                                     {"subtract", F::subtract},
                                                     {"multiply", F::multiply},
                                                     {"divide", F::divide},
                                                     {"maximum", F::maximum},
                                                     {"minimum", F::minimum}}));
}

std::vector<Setting> settings_of(op::Binary& binary) { return {function_field(binary.function)}; }

std::vector<Setting> settings_of(op::Weighted& weighted) {
    return {function_field(weighted.function), field("shape", shape_in(weighted.shape)),
            field("swapped", on_or_off(weighted.swapped)).sparse()};
}

std::vector<Setting> settings_of(op::MatMul&) { return {}; }

std::vector<Setting> settings_of(op::Linear& linear) {
    return {field("units", whole_in(linear.units, 1, kMostUnits)), field("bias", on_or_off(linear.bias))};
}

std::vector<Setting> settings_of(op::Conv& conv) {
    using P = op::Conv::Padding;
    return {field("channels", whole_in(conv.channels, 1, kMostUnits)),
            field("kernel", list_in(conv.kernel, 1, 2, 1, 1 << 16)),
            field("stride", list_in(conv.stride, 1, 2, 1, 1 << 16)),
            field("dilation", list_in(conv.dilation, 1, 2, 1, 1 << 16)),
            field("padding", list_in(conv.padding, 2, 4, 0, 1 << 16)),
            field("padding_kind",
                  choice_of<P>(conv.padding_kind,
                               {{"zeros", P::zeros}, {"edge", P::edge}, {"reflect", P::reflect}})),
            field("groups", whole_in(conv.groups, 1, kMostUnits)),
            field("bias", on_or_off(conv.bias))};
}

std::vector<Setting> settings_of(op::BatchNorm& norm) { return {field("epsilon", epsilon_in(norm.epsilon))}; }

std::vector<Setting> settings_of(op::LayerNorm& norm) {
    return {field("dimensions", whole_in(norm.dimensions, 1, kMostDimensions)),
            field("epsilon", epsilon_in(norm.epsilon))};
}

std::vector<Setting> settings_of(op::GroupNorm& norm) {
    return {field("groups", whole_in(norm.groups, 1, kMostUnits)),
            field("epsilon", epsilon_in(norm.epsilon))};
}

std::vector<Setting> settings_of(op::Pool& pool) {
    using K = op::Pool::Kind;
    return {field("kind", choice_of<K>(pool.kind, {{"max", K::max}, {"mean", K::mean}})),
            field("kernel", list_in(pool.kernel, 1, 2, 1, 1 << 16)),
            field("stride", list_in(pool.stride, 1, 2, 1, 1 << 16)),
            field("padding", list_in(pool.padding, 2, 4, 0, 1 << 16))};
}

std::vector<Setting> settings_of(op::Reduce& reduce) {
    using K = op::Reduce::Kind;
    return {field("kind", choice_of<K>(reduce.kind, {{"mean", K::mean}, {"max", K::max}, {"sum", K::sum}})),
            field("axes", list_in(reduce.axes, 1, kMostDimensions, 0, kMostDimensions - 1)),
            field("keep", on_or_off(reduce.keep)).sparse()};
}

std::vector<Setting> settings_of(op::Gru& gru) {
    return {field("hidden", whole_in(gru.hidden, 1, 1 << 13)),
            field("bidirectional", on_or_off(gru.bidirectional)).sparse()};
}

std::vector<Setting> settings_of(op::Attention& attention) {
    return {field("heads", whole_in(attention.heads, 1, 256))};
}

std::vector<Setting> settings_of(op::Softmax& softmax) { return {field("axis", axis_in(softmax.axis))}; }
std::vector<Setting> settings_of(op::Concat& concat) { return {field("axis", axis_in(concat.axis))}; }

std::vector<Setting> settings_of(op::Slice& slice) {
    return {field("axis", axis_in(slice.axis)), field("begin", whole_in(slice.begin, 0, Graph::kMaxValues)),
            field("end", whole_in(slice.end, 0, Graph::kMaxValues))};
}

std::vector<Setting> settings_of(op::Reshape& reshape) { return {field("shape", shape_in(reshape.shape))}; }

std::vector<Setting> settings_of(op::Transpose& transpose) {
    return {field("order", list_in(transpose.order, 1, kMostDimensions, 0, kMostDimensions - 1))};
}

std::vector<Setting> settings_of(op::Repeat& repeat) {
    return {field("axis", axis_in(repeat.axis)), field("times", whole_in(repeat.times, 1, 1 << 16))};
}

std::vector<Setting> settings_of(op::Dropout& dropout) {
    return {field("fraction", number_in(dropout.fraction, 0, 0.99))};
}

std::vector<Setting> settings_of(op::NoiseFloor& floor) {
    return {field("db", number_in(floor.db, 0, 200)),
            field("logarithms_of", choice_of<LogOf>(floor.logarithms_of, {{"power", LogOf::power},
                                                                          {"magnitude", LogOf::magnitude}}))};
}

std::vector<Setting> settings_of(op::TimeFeatures& features) {
    return {field("deltas", whole_in(features.deltas, 0, 2)).sparse(),
            field("steps", whole_in(features.steps, 1, Graph::kMaxValues)),
            field("deviation", on_or_off(features.deviation)).sparse()};
}

std::vector<Setting> settings_of(op::Standardise& standardise) {
    using B = op::Standardise::By;
    return {field(
        "by", choice_of<B>(standardise.by, {{"data", B::data}, {"window", B::window}, {"mean", B::mean}}))};
}

std::vector<Setting> settings_of(op::Views& views) {
    return {field("paces", number_in(views.paces, 0, 0.5)).sparse(),
            field("pitches", number_in(views.pitches, 0, 0.5)).sparse()};
}

std::vector<Setting> settings_of(op::TopMean& top) {
    return {field("sizes", list_in(top.sizes, 1, std::size_t{1} << 16, 1, Graph::kMaxValues)),
            field("count", whole_in(top.count, 1, Graph::kMaxValues))};
}

std::vector<Setting> settings_of(op::MergeViews& merge) {
    using K = op::MergeViews::Kind;
    return {field("kind", choice_of<K>(merge.kind, {{"mean", K::mean}, {"max", K::max}}))};
}

}  // namespace

const char* name_of(const Op& op) {
    constexpr const char* kNames[] = {
        "input",         "pointwise",   "affine",  "binary",      "linear",   "conv",      "batch_norm",
        "layer_norm",    "group_norm",  "pool",    "reduce",      "gru",      "attention", "softmax",
        "concat",        "slice",       "reshape", "transpose",   "repeat",   "dropout",   "noise_floor",
        "time_features", "standardise", "views",   "merge_views", "weighted", "matmul",    "top_mean"};
    static_assert(std::size(kNames) == std::variant_size_v<Op>);
    return kNames[op.index()];
}

std::vector<Setting> op_settings(Op& op) {
    return std::visit([](auto& kind) { return settings_of(kind); }, op);
}

}  // namespace earshot::network
