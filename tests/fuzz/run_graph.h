#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "network/engine/engine.h"
#include "network/graph.h"
#include "network/weights.h"
#include "support/error.h"

// What the targets have in common.

namespace earshot::fuzz {

inline void require(bool holds) {
    if (!holds) std::abort();
}

/// A message is one line that shows on any terminal.
inline void check_message(const Error& error) {
    require(*error.what() != 0 && std::strpbrk(error.what(), "\n\r\033") == nullptr);
}

/// Small enough to be run for each input that a fuzzer tries.
inline bool is_small(const network::Graph& graph) {
    constexpr std::int64_t kMaxValues = 2'000;  // and weights
    constexpr double kMaxWork = 2e4;            // multiplications
    std::int64_t values = 0;
    for (const network::Node& node : graph.nodes()) values += network::values_of(node.shape) * node.views;
    for (const network::WeightSpec& spec : graph.weights()) values += spec.values();
    return values < kMaxValues && graph.work() < kMaxWork;
}

/// Runs a graph, and checks that a window's scores don't depend on what is scored with it.
inline void run(const network::Graph& graph, const network::Weights& weights) {
    const network::engine::Engine engine(graph, weights);
    require(engine.scores_per_window() == static_cast<std::size_t>(network::values_of(graph.shape())));
    std::vector<float> windows(2 * engine.window_values());
    for (std::size_t i = 0; i < windows.size(); ++i)
        windows[i] = static_cast<float>(i % engine.window_values()) * 0.01F;
    const std::size_t count = engine.scores_per_window();
    std::vector<float> alone(count), together(2 * count);
    engine.run(std::span(windows).first(engine.window_values()), 1, alone);
    engine.run(windows, 2, together);
    for (std::size_t i = 0; i < 2 * count; ++i) {
        const float one = alone[i % count], other = together[i];
        require(one == other || (std::isnan(one) && std::isnan(other)));
    }
}

}  // namespace earshot::fuzz
