#include "network/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "npz/npz.h"
#include "support/error.h"

namespace earshot::network {
namespace {

template <class Sizes>
std::string shape_text(const Sizes& shape) {
    return fmt::format("({})", fmt::join(shape, ", "));
}

void check_type(const npz::NpzReader& file, const WeightSpec& spec) {
    const npz::NpyType type = file.header(spec.name).type;
    const bool counter = spec.kind == WeightSpec::Kind::counter;
    const bool fits =
        counter ? type.kind == npz::NpyType::Kind::integer && type.item_bytes == 8
                : type.kind == npz::NpyType::Kind::real && (type.item_bytes == 4 || type.item_bytes == 2);
    if (!fits) {
        throw Error(fmt::format("{} should be of type {}", file.where(spec.name),
                                counter ? "int64" : "float32 or float16"));
    }
}

}  // namespace

void check_weights(const npz::NpzReader& file, std::span<const WeightSpec> specs) {
    std::set<std::string> left;
    for (const std::string& name : file.array_names()) left.insert(name);
    for (const WeightSpec& spec : specs) {
        if (left.erase(spec.name) == 0)
            throw Error(fmt::format("{}: array '{}' is missing", file.name(), spec.name));
        check_type(file, spec);
        const auto shape = file.header(spec.name).shape;
        if (!std::ranges::equal(shape, spec.shape,
                                [](auto a, auto b) { return static_cast<std::int64_t>(a) == b; })) {
            throw Error(fmt::format("{} has shape {}, but the architecture needs {}", file.where(spec.name),
                                    shape_text(shape), shape_text(spec.shape)));
        }
    }
    if (!left.empty())
        throw Error(
            fmt::format("{}: array '{}' does not belong to this architecture", file.name(), *left.begin()));
}

Weights Weights::read(const Graph& graph, const std::string& path) {
    const npz::NpzReader file(path);
    const auto specs = graph.weights();
    check_weights(file, specs);
    Weights weights;
    for (const WeightSpec& spec : specs) {
        if (spec.kind == WeightSpec::Kind::counter) continue;
        auto values = file.values<float>(spec.name);
        if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
            throw Error(fmt::format("{} holds NaN or infinity", file.where(spec.name)));
        weights.set(spec.name, std::move(values));
    }
    return weights;
}

std::span<const float> Weights::operator[](std::string_view name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) throw Error(fmt::format("weights: array '{}' is missing", name));
    return found->second;
}

}  // namespace earshot::network
