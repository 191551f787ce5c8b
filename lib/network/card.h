#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "network/graph.h"

namespace earshot::network {

/// What a network consists of and costs, computed from its graph alone.
struct Card {
    struct Layer {
        std::string name, operation;  // the name is empty for layers without weights
        Shape shape;                  // of the result for one window, or for one of its views
        std::int64_t parameters = 0;  // numbers that are learnt
        /// Of convolutions, linear and recurrent layers and attention, for one window. The rest is additions,
        /// comparisons and functions of single numbers, which cost little beside them.
        std::int64_t multiplications = 0;
    };
    std::vector<Layer> layers;
    std::int64_t parameters = 0, multiplications = 0;
    std::int64_t weight_bytes = 0;        // as float32, with those that are measured instead of learnt
    std::int64_t activation_bytes = 0;    // the most that is needed at once to run one window
    std::optional<double> windows_per_s;  // of sound
};

/// @param windows_per_s  how many windows a second of sound has; nothing if that is not known
Card card_of(const Graph& graph, std::optional<double> windows_per_s = std::nullopt);

/// A table of the layers and the totals, for people.
std::string card_text(const Card& card);
/// {"layers": [{"name", "operation", "shape", "parameters", "multiplications"}], "parameters",
/// "multiplications", "multiplications_per_s" (null if unknown), "weight_bytes", "activation_bytes"}
nlohmann::ordered_json card_json(const Card& card);

}  // namespace earshot::network
