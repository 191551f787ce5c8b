#include "network/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>

#include "npz/half.h"
#include "npz/npz.h"
#include "support/error.h"
#include "support/output.h"

namespace earshot::network {
namespace {

template <class Sizes>
std::string shape_text(const Sizes& shape) {
    return fmt::format("({})", fmt::join(shape, ", "));
}

constexpr int kMostQuantised = 127;

bool can_be_int8(const WeightSpec& spec) {
    return spec.kind == WeightSpec::Kind::parameter && spec.shape.size() >= 2;
}

WeightSpec scale_of(const WeightSpec& spec) { return {spec.name + ".scale", {spec.shape[0]}}; }

bool is_int8(const npz::NpzReader& file, const WeightSpec& spec) {
    const npz::NpyType type = file.header(spec.name).type;
    return can_be_int8(spec) && type.kind == npz::NpyType::Kind::integer && type.item_bytes == 1;
}

void check_type(const npz::NpzReader& file, const WeightSpec& spec) {
    const npz::NpyType type = file.header(spec.name).type;
    const bool counter = spec.kind == WeightSpec::Kind::counter;
    const bool fits =
        counter ? type.kind == npz::NpyType::Kind::integer && type.item_bytes == 8
                : type.kind == npz::NpyType::Kind::real && (type.item_bytes == 4 || type.item_bytes == 2);
    if (!fits && !is_int8(file, spec)) {
        throw Error(fmt::format("{} should be of type {}", file.where(spec.name),
                                counter             ? "int64"
                                : can_be_int8(spec) ? "float32, float16 or int8"
                                                    : "float32 or float16"));
    }
}

void check_shape(const npz::NpzReader& file, const WeightSpec& spec) {
    const auto shape = file.header(spec.name).shape;
    const auto equal = [](auto a, auto b) { return static_cast<std::int64_t>(a) == b; };
    if (std::ranges::equal(shape, spec.shape, equal)) return;
    throw Error(fmt::format("{} has shape {}, but the architecture needs {}", file.where(spec.name),
                            shape_text(shape), shape_text(spec.shape)));
}

std::vector<float> finite_values(const npz::NpzReader& file, const std::string& name) {
    auto values = file.values<float>(name);
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
        throw Error(fmt::format("{} holds NaN or infinity", file.where(name)));
    return values;
}

/// What 1 stands for in a channel.
float scale_for(std::span<const float> channel) {
    float most = 0;
    for (const float value : channel) most = std::max(most, std::abs(value));
    const float scale = most / kMostQuantised;
    return std::isnormal(scale) ? scale : 0;  // so little that nothing is lost
}

/// An array as it is written: what Precision makes of it.
using Stored = std::variant<std::span<const float>, std::vector<npz::Half>, Quantised>;

Stored stored(const WeightSpec& spec, std::span<const float> values, Precision precision) {
    if (precision == Precision::int8 && can_be_int8(spec))
        return quantised(values, static_cast<std::size_t>(spec.shape[0]));
    if (precision == Precision::float16 && spec.kind == WeightSpec::Kind::parameter) {
        std::vector<npz::Half> halves;
        for (const float value : values) halves.push_back(npz::Half::nearest(value));
        if (std::ranges::all_of(halves, &npz::Half::is_finite)) return halves;
    }
    return values;
}

void add_array(npz::NpzWriter& writer, const WeightSpec& spec, std::span<const float> values,
               Precision precision) {
    const std::vector<std::size_t> shape(spec.shape.begin(), spec.shape.end());
    std::visit(Overloaded{[&](const Quantised& array) {
                              writer.add<std::int8_t>(spec.name, shape, array.values);
                              writer.add<float>(scale_of(spec).name, {shape[0]}, array.scales);
                          },
                          [&](const std::vector<npz::Half>& halves) {
                              writer.add<npz::Half>(spec.name, shape, halves);
                          },
                          [&](std::span<const float> same) { writer.add<float>(spec.name, shape, same); }},
               stored(spec, values, precision));
}

}  // namespace

SettingValue precision_in(Precision& precision) {
    using P = Precision;
    return choice_of<P>(precision, {{"float32", P::float32}, {"float16", P::float16}, {"int8", P::int8}});
}

Quantised quantised(std::span<const float> values, std::size_t channels) {
    Quantised array;
    array.values.reserve(values.size());
    const std::size_t each = values.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const auto numbers = values.subspan(channel * each, each);
        const float scale = array.scales.emplace_back(scale_for(numbers));
        for (const float value : numbers) {
            const long nearest = scale > 0 ? std::lround(value / scale) : 0;
            array.values.push_back(
                static_cast<std::int8_t>(std::clamp<long>(nearest, -kMostQuantised, kMostQuantised)));
        }
    }
    return array;
}

std::vector<float> rounded(const WeightSpec& spec, std::span<const float> values, Precision precision) {
    std::vector<float> back;
    back.reserve(values.size());
    std::visit(
        Overloaded{[&](const Quantised& array) {
                       const std::size_t each = values.size() / array.scales.size();
                       for (std::size_t i = 0; i < values.size(); ++i)
                           back.push_back(static_cast<float>(array.values[i]) * array.scales[i / each]);
                   },
                   [&](const std::vector<npz::Half>& halves) {
                       for (const auto half : halves)
                           back.push_back(static_cast<float>(static_cast<double>(half)));
                   },
                   [&](std::span<const float> same) { back.assign(same.begin(), same.end()); }},
        stored(spec, values, precision));
    return back;
}

Weights rounded(const Graph& graph, const Weights& weights, Precision precision) {
    Weights back;
    for (const WeightSpec& spec : graph.weights()) {
        if (spec.kind != WeightSpec::Kind::counter)
            back.set(spec.name, rounded(spec, weights[spec.name], precision));
    }
    return back;
}

void check_weights(const npz::NpzReader& file, std::span<const WeightSpec> specs, std::string_view other) {
    std::set<std::string> left;
    for (const std::string& name : file.array_names()) {
        if (name != other || other.empty()) left.insert(name);
    }
    const auto take = [&](const WeightSpec& spec) {
        if (left.erase(spec.name) == 0)
            throw Error(fmt::format("{}: array '{}' is missing", file.name(), spec.name));
        check_type(file, spec);
        check_shape(file, spec);
    };
    for (const WeightSpec& spec : specs) {
        take(spec);
        if (is_int8(file, spec)) take(scale_of(spec));
    }
    if (!left.empty())
        throw Error(
            fmt::format("{}: array '{}' does not belong to this architecture", file.name(), *left.begin()));
}

std::vector<float> read_array(const npz::NpzReader& file, const WeightSpec& spec) {
    auto values = finite_values(file, spec.name);
    if (!is_int8(file, spec)) return values;
    const auto scales = finite_values(file, scale_of(spec).name);
    const std::size_t each = values.size() / scales.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] *= scales[i / each];
        if (!std::isfinite(values[i])) {
            throw Error(fmt::format("{} has a scale that is too large", file.where(spec.name)));
        }
    }
    return values;
}

Weights Weights::read(const Graph& graph, const std::string& path) {
    return read(graph, npz::NpzReader(path), {});
}

Weights Weights::read(const Graph& graph, const npz::NpzReader& file, std::string_view other) {
    const auto specs = graph.weights();
    check_weights(file, specs, other);
    Weights weights;
    for (const WeightSpec& spec : specs) {
        if (spec.kind != WeightSpec::Kind::counter) weights.set(spec.name, read_array(file, spec));
    }
    return weights;
}

void add_weights(npz::NpzWriter& writer, const Graph& graph, const Weights& weights, Precision precision) {
    for (const WeightSpec& spec : graph.weights()) {
        if (spec.kind == WeightSpec::Kind::counter) {
            const std::vector<std::int64_t> zero(static_cast<std::size_t>(spec.values()));
            writer.add<std::int64_t>(spec.name, {spec.shape.begin(), spec.shape.end()}, zero);
        } else {
            add_array(writer, spec, weights[spec.name], precision);
        }
    }
}

void save_weights(const Graph& graph, const Weights& weights, const std::string& path, Precision precision) {
    const auto output = open_output(path);
    npz::NpzWriter writer(*output, false);
    add_weights(writer, graph, weights, precision);
    writer.finish();
    output->close();
}

std::span<const float> Weights::find(std::string_view name) const {
    const auto found = arrays_.find(name);
    return found == arrays_.end() ? std::span<const float>() : found->second;
}

std::span<const float> Weights::operator[](std::string_view name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) throw Error(fmt::format("weights: array '{}' is missing", name));
    return found->second;
}

}  // namespace earshot::network
