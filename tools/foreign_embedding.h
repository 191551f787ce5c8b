#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "exchange/read_network.h"

namespace earshot::tools {

/// How the vectors of a network of another program come about, besides what its file says.
struct EmbeddingChoice {
    std::string name;      // of the network
    std::int64_t hop = 1;  // frames from one window to the next
    double pad_s = 0;      // silence before and after a recording
    network::Precision weights = network::Precision::float32;
    nlohmann::ordered_json input;  // settings of the front end that makes its frames
};

/// Settings of the front end `embedding` for a network.
/// @param path  of its file
/// @throws UsageError for a choice that does not fit it
nlohmann::ordered_json embedding_settings(const std::string& path, const exchange::ForeignNetwork& network,
                                          const EmbeddingChoice& choice);

/// Frames from one window to the next if `usual` is what one vector a window would have. Several vectors of a
/// window are as far apart as the strides of the network say, if these can be told.
std::int64_t window_hop(const network::Graph& graph, std::int64_t usual);

}  // namespace earshot::tools
