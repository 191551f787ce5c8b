#pragma once

#include <cstdint>
#include <optional>

#include "network/graph.h"

namespace earshot::network {

/// The same network for windows of `frames` instead of fewer, if its step there that begins at some frame is
/// computed from the same frames, by the same operations, as in a window that begins there: nothing pads
/// time, looks at all of it or has weights for each moment. Then many windows that overlap cost little more
/// than the sound that they cover.
/// @return  nothing if that is not so, or cannot be told
std::optional<Graph> lengthened(const Graph& graph, std::int64_t frames);

}  // namespace earshot::network
