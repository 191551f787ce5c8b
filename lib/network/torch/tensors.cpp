#include "network/torch/tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "npz/npz.h"
#include "support/error.h"
#include "support/output.h"

namespace earshot::network {
namespace {

bool is_counter(const torch::Tensor& tensor) { return tensor.scalar_type() == torch::kInt64; }

std::vector<float> values_of(const torch::Tensor& tensor) {
    const auto values = tensor.detach().cpu().contiguous();
    return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

template <class T>
void add_tensor(npz::NpzWriter& writer, const std::string& name, const torch::Tensor& tensor) {
    const auto values = tensor.detach().cpu().contiguous();
    writer.add(name, {values.sizes().begin(), values.sizes().end()},
               std::span<const T>(values.data_ptr<T>(), static_cast<std::size_t>(values.numel())));
}

}  // namespace

torch::Tensor tensor_of(const NamedTensors& tensors, const std::string& name) {
    const auto found = std::ranges::find(tensors, name, &NamedTensors::value_type::first);
    if (found == tensors.end()) throw Error(fmt::format("weights: array '{}' is missing", name));
    return found->second;
}

void copy_tensors(const NamedTensors& from, const NamedTensors& to) {
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < to.size(); ++i) to.at(i).second.copy_(from.at(i).second);
}

NamedTensors clone_tensors(const NamedTensors& tensors) {
    const torch::NoGradGuard no_gradients;
    NamedTensors copies;
    for (const auto& [name, tensor] : tensors) copies.emplace_back(name, tensor.detach().clone());
    return copies;
}

void save_tensors(const NamedTensors& tensors, const std::string& path) {
    const auto output = open_output(path);
    npz::NpzWriter writer(*output, false);
    for (const auto& [name, tensor] : tensors) {
        is_counter(tensor) ? add_tensor<std::int64_t>(writer, name, tensor)
                           : add_tensor<float>(writer, name, tensor);
    }
    writer.finish();
    output->close();
}

void save_tensors(const NamedTensors& tensors, const std::string& path, const Graph& graph,
                  Precision precision) {
    if (precision == Precision::float32) return save_tensors(tensors, path);
    Weights weights;
    for (const auto& [name, tensor] : tensors) {
        if (!is_counter(tensor)) weights.set(name, values_of(tensor));
    }
    save_weights(graph, weights, path, precision);
}

void round_tensors(const NamedTensors& tensors, const Graph& graph, Precision precision) {
    const torch::NoGradGuard no_gradients;
    for (const WeightSpec& spec : graph.weights()) {
        if (spec.kind == WeightSpec::Kind::counter) continue;
        const torch::Tensor tensor = tensor_of(tensors, spec.name);
        auto values = rounded(spec, values_of(tensor), precision);
        tensor.copy_(torch::from_blob(values.data(), tensor.sizes()));
    }
}

void load_tensors(const NamedTensors& tensors, const npz::NpzReader& file) {
    std::vector<WeightSpec> specs;
    for (const auto& [name, tensor] : tensors) {
        specs.push_back({name,
                         {tensor.sizes().begin(), tensor.sizes().end()},
                         is_counter(tensor) ? WeightSpec::Kind::counter : WeightSpec::Kind::parameter});
    }
    check_weights(file, specs);
    const torch::NoGradGuard no_gradients;
    const auto fill = [](const torch::Tensor& tensor, auto values) {
        tensor.copy_(torch::from_blob(values.data(), tensor.sizes(), tensor.scalar_type()));
    };
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const torch::Tensor& tensor = tensors[i].second;
        is_counter(tensor) ? fill(tensor, file.values<std::int64_t>(specs[i].name))
                           : fill(tensor, read_array(file, specs[i]));
    }
}

void load_tensors(const NamedTensors& tensors, const std::string& path) {
    load_tensors(tensors, npz::NpzReader(path));
}

}  // namespace earshot::network
