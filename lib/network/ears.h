#pragma once

#include <cstdint>

#include "network/graph.h"

namespace earshot::network {

// earshot's own ears: a network that makes a vector of log-mel frames, in which similar sounds are close. It
// has learnt from other networks (share/ears), and models start from its weights.

constexpr std::int64_t kEarsBands = 64;    // of a frame
constexpr std::int64_t kEarsFrames = 123;  // that a vector hears
constexpr std::int64_t kEarsHop = 16;      // frames from one vector to the next
constexpr std::int64_t kEarsValues = 416;  // of a vector: 320 of sounds in general, then 96 of words

/// Adds its layers to a graph whose last node gives features [1, frames, kEarsBands]; they end in vectors
/// [steps, kEarsValues]. Nothing is padded in time, so a vector depends on its own frames alone.
/// @throws Error if the features have another shape
void add_ears(Graph& graph);

constexpr std::int64_t kEarsClasses = 521;     // of AudioSet, as YAMNet has them
constexpr std::int64_t kEarsClassVectors = 6;  // whose mean tells classes: those within a patch of YAMNet
constexpr std::int64_t kEarsClassHop = 3;      // vectors from one answer to the next
constexpr std::int64_t kEarsClassFrames = kEarsFrames + (kEarsClassVectors - 1) * kEarsHop;

/// All numbers of a vector, or one kind of them; or the logits of classes, [steps, kEarsClasses].
enum class EarsPart { all, sounds, words, classes };

/// The network by itself, from windows of so many frames; only the layers that the part needs.
Graph ears_graph(std::int64_t frames, EarsPart part = EarsPart::all);

/// A graph that needs all arrays that a file of the ears has.
Graph ears_file_graph();

}  // namespace earshot::network
