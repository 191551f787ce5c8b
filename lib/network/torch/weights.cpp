#include "network/torch/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <set>

#include "npz/npz.h"
#include "support/error.h"
#include "support/output.h"

namespace earshot::network {
namespace {

std::vector<std::size_t> shape_of(const torch::Tensor& tensor) {
    return {tensor.sizes().begin(), tensor.sizes().end()};
}

std::string shape_text(const std::vector<std::size_t>& shape) {
    return fmt::format("({})", fmt::join(shape, ", "));
}

template <class T>
void add_tensor(npz::NpzWriter& writer, const std::string& name, const torch::Tensor& tensor) {
    const auto values = tensor.detach().cpu().contiguous();
    writer.add(name, shape_of(values),
               std::span<const T>(values.data_ptr<T>(), static_cast<std::size_t>(values.numel())));
}

void check_type(const npz::NpzReader& file, const std::string& name, const torch::Tensor& tensor) {
    const npz::NpyType type = file.header(name).type;
    const bool whole = tensor.scalar_type() == torch::kInt64;
    const bool fits = whole ? type.kind == npz::NpyType::Kind::integer && type.item_bytes == 8
                            : type.kind == npz::NpyType::Kind::real && type.item_bytes == 4;
    if (!fits)
        throw Error(fmt::format("{} should be of type {}", file.where(name), whole ? "int64" : "float32"));
}

/// Checks that a file has exactly these arrays, each with the tensor's type and shape.
void check_arrays(const npz::NpzReader& file, const NamedTensors& tensors) {
    std::set<std::string> left;
    for (const std::string& name : file.array_names()) left.insert(name);
    for (const auto& [name, tensor] : tensors) {
        if (left.erase(name) == 0) throw Error(fmt::format("{}: array '{}' is missing", file.name(), name));
        check_type(file, name, tensor);
        const auto shape = file.header(name).shape;
        if (shape != shape_of(tensor)) {
            throw Error(fmt::format("{} has shape {}, but the architecture needs {}", file.where(name),
                                    shape_text(shape), shape_text(shape_of(tensor))));
        }
    }
    if (!left.empty()) {
        throw Error(
            fmt::format("{}: array '{}' does not belong to this architecture", file.name(), *left.begin()));
    }
}

template <class T>
void fill(const torch::Tensor& tensor, const npz::NpzReader& file, const std::string& name) {
    std::vector<T> values = file.values<T>(name);
    const auto not_finite = [](T value) { return !std::isfinite(static_cast<double>(value)); };
    if (std::ranges::any_of(values, not_finite)) {
        throw Error(fmt::format("{} holds NaN or infinity", file.where(name)));
    }
    tensor.copy_(torch::from_blob(values.data(), tensor.sizes(), tensor.scalar_type()));
}

void load_tensors(const NamedTensors& tensors, const npz::NpzReader& file) {
    check_arrays(file, tensors);
    const torch::NoGradGuard no_gradients;
    for (const auto& [name, tensor] : tensors) {
        tensor.scalar_type() == torch::kInt64 ? fill<std::int64_t>(tensor, file, name)
                                              : fill<float>(tensor, file, name);
    }
}

/// How many numbers the headers of a file announce. NpzReader has checked that the file can hold them.
std::uint64_t promised_values(const npz::NpzReader& file) {
    std::uint64_t count = 0;
    for (const std::string& name : file.array_names()) count += file.header(name).count;
    return count;
}

}  // namespace

NamedTensors named_tensors(const Network& network) {
    NamedTensors tensors;
    for (const auto& parameter : network.named_parameters())
        tensors.emplace_back(parameter.key(), parameter.value());
    for (const auto& buffer : network.named_buffers()) tensors.emplace_back(buffer.key(), buffer.value());
    return tensors;
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
        tensor.scalar_type() == torch::kInt64 ? add_tensor<std::int64_t>(writer, name, tensor)
                                              : add_tensor<float>(writer, name, tensor);
    }
    writer.finish();
    output->close();
}

void load_tensors(const NamedTensors& tensors, const std::string& path) {
    load_tensors(tensors, npz::NpzReader(path));
}

std::shared_ptr<Network> load_network(const nlohmann::ordered_json& architecture, const std::string& path) {
    const auto wanted = static_cast<std::uint64_t>(weight_count(architecture));
    const npz::NpzReader file(path);
    const std::uint64_t promised = promised_values(file);
    if (promised != wanted) {
        throw Error(fmt::format("{}: {} numbers, but the architecture in model.json has {} weights", path,
                                promised, wanted));
    }
    auto network = make_network(architecture);
    load_tensors(named_tensors(*network), file);
    return network;
}

}  // namespace earshot::network
