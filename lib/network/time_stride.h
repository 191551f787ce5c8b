#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "network/graph.h"

namespace earshot::network {

/// Which dimension of a value is time, and the frames from one of its elements to the next.
struct TimeAxis {
    std::size_t axis;
    std::int64_t stride;
    bool operator==(const TimeAxis&) const = default;
};

/// Of the value of each node; nothing where no dimension is time, or where this cannot be told.
std::vector<std::optional<TimeAxis>> time_axes(const Graph& graph);

/// How many frames of the window lie between two successive steps of a graph's result [steps, values]: the
/// product of the strides in time of its convolutions and pools. Nothing where the steps do not follow from
/// the frames in order, as after a layer that sees all frames at once, or where this cannot be told.
std::optional<std::int64_t> time_stride(const Graph& graph);

}  // namespace earshot::network
