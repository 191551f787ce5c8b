#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "network/torch/network.h"

namespace earshot::train {

/// A network with the weights of another as they are written. Nothing if that changes none.
std::unique_ptr<network::Network> rounded_copy(const network::Network& kept,
                                               const nlohmann::ordered_json& architecture,
                                               network::Precision precision);

/// Writes weights.npz, the kept weights, and checkpoint.npz, the progress of a run. If weights.npz has the
/// kept weights rounded, the checkpoint has them too, as "kept.NAME".
void save_weights(const std::filesystem::path& directory, const network::Network& kept,
                  network::NamedTensors progress, network::Precision precision);
/// Fills both with what save_weights() wrote, in whatever precision that was. @throws Error as load_tensors()
void load_weights(const std::filesystem::path& directory, network::NamedTensors progress,
                  const network::Network& kept);

}  // namespace earshot::train
