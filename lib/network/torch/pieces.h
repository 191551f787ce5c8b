#pragma once

#include <cstdint>
#include <functional>

namespace earshot::network {

/// Runs work(first, last) over parts of [0, count) on the threads of set_compute_threads(). In it, a matrix
/// product uses one thread, and tensors have no gradients. The result must not depend on how the range is
/// divided.
void for_pieces(std::int64_t count, const std::function<void(std::int64_t first, std::int64_t last)>& work);

}  // namespace earshot::network
