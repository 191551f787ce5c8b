#pragma once

#include <cstdint>
#include <optional>

#include "network/graph.h"

namespace earshot::network {

/// How many frames of the window lie between two successive steps of a graph's result [steps, values]: the
/// product of the strides in time of its convolutions and pools. Nothing where the steps do not follow from
/// the frames in order, as after a layer that sees all frames at once, or where this cannot be told.
std::optional<std::int64_t> time_stride(const Graph& graph);

}  // namespace earshot::network
