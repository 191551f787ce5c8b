#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace earshot::tools {

/// What share/pretrained/NAME.toml says of a network.
struct KnownNetwork {
    /// One of the values that can be the vectors.
    struct Vector {
        std::string name, result;  // result: as exchange::ReadOptions has it
        std::int64_t hop = 1;      // frames of the input from one window to the next
        double pad_s = 0;
    };
    std::string name;
    std::int64_t frames = 0, bands = 0, classes = 0;  // by which it is recognised
    double scale = 1, offset = 0;                     // of the frames, before the network
    nlohmann::ordered_json input;                     // settings of the front end
    std::vector<Vector> vectors;                      // the usual one first
};

/// The network with these sizes, if it is known. @throws UsageError for a file that is damaged
std::optional<KnownNetwork> find_known_network(std::int64_t frames, std::int64_t bands, std::int64_t classes);

}  // namespace earshot::tools
