#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "network/architecture.h"
#include "network/graph.h"

namespace earshot::network {

/// A kind of network: the layers between features and logits. A new one is a file beside this one, a line in
/// registry.cpp and its text in earshot-train(1).
struct Architecture {
    std::string_view kind;  // in model.json
    /// Settings of NetworkOptions that it has, by their names in model.json; it must have a value for each.
    std::vector<const char*> settings;
    /// Gives the settings that were not chosen their usual values.
    void (*fill)(NetworkOptions& options);
    /// Adds its layers to a graph whose last node gives features [planes, steps, bands]; they end in [width],
    /// or in [steps, width] where frames_per_step is not 0.
    /// @throws Error if the sizes do not fit each other
    void (*build)(Graph& graph, const NetworkOptions& options);
    /// Whether its products are large enough to be faster in bfloat16 where a processor has instructions for
    /// it.
    bool gains_from_bfloat16;
    bool needs_several_frames = false;
    std::int64_t frames_per_step = 0;  // 0: one answer for the whole window
    /// Whether its features are the mean and the maximum of each band over the window (two planes of one
    /// step) where InputOptions asks for no others.
    bool summarises = false;
};

Architecture mlp_architecture();
Architecture cnn_architecture();
Architecture separable_architecture();
Architecture attention_architecture();
Architecture tcn_architecture();
Architecture temporal_architecture();
Architecture ears_architecture();
Architecture ears_events_architecture();
Architecture linear_architecture();
Architecture neighbours_architecture();

/// The layer of neighbours that fit_whitening() makes.
constexpr const char* kWhitening = "whitening";

/// All kinds.
std::span<const Architecture> architectures();
/// @throws Error if there is no such kind
const Architecture& find_architecture(std::string_view kind);

/// Linear layers "dense_1" ..., each followed by ReLU and dropout.
void add_dense_layers(Graph& graph, std::span<const std::int64_t> units, double dropout);
/// For a graph whose last node gives maps [channels, time, bands]: a dense layer over all bands of each step,
/// and the maximum over time.
void add_mix(Graph& graph, const NetworkOptions& options);
/// From [values, steps]: a dense layer over all values of each step, then residual convolutions over three
/// steps, `dilations` apart, to [steps, units].
void add_over_time(Graph& graph, const NetworkOptions& options);
/// Usual values of its settings.
void fill_over_time(NetworkOptions& options);
/// Of a kind without settings that have usual values.
void fill_nothing(NetworkOptions& options);
void add_dropout(Graph& graph, double fraction);
void add_relu(Graph& graph);

}  // namespace earshot::network
