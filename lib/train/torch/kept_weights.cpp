#include "train/torch/kept_weights.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "npz/npz.h"

namespace earshot::train {
namespace {

constexpr const char* kKept = "kept.";

void add_kept(network::NamedTensors& tensors, const network::Network& kept) {
    for (const auto& [name, tensor] : kept.tensors()) tensors.emplace_back(kKept + name, tensor);
}

}  // namespace

std::unique_ptr<network::Network> rounded_copy(const network::Network& kept,
                                               const nlohmann::ordered_json& architecture,
                                               network::Precision precision) {
    if (precision == network::Precision::float32) return nullptr;
    auto made = std::make_unique<network::Network>(architecture);
    network::copy_tensors(kept.tensors(), made->tensors());
    network::round_tensors(made->tensors(), made->graph(), precision);
    made->move_to(kept.device());
    return made;
}

void save_weights(const std::filesystem::path& directory, const network::Network& kept,
                  network::NamedTensors progress, network::Precision precision) {
    network::save_tensors(kept.tensors(), (directory / "weights.npz").string(), kept.graph(), precision);
    if (precision != network::Precision::float32) add_kept(progress, kept);
    network::save_tensors(progress, (directory / "checkpoint.npz").string());
}

void load_weights(const std::filesystem::path& directory, network::NamedTensors progress,
                  const network::Network& kept) {
    const npz::NpzReader checkpoint((directory / "checkpoint.npz").string());
    const bool has_kept = std::ranges::any_of(
        checkpoint.array_names(), [](const std::string& name) { return name.starts_with(kKept); });
    if (has_kept) add_kept(progress, kept);
    network::load_tensors(progress, checkpoint);
    if (!has_kept) network::load_tensors(kept.tensors(), (directory / "weights.npz").string());
}

}  // namespace earshot::train
