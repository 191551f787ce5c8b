#pragma once

#include <cstdint>
#include <functional>

namespace earshot::network {

/// Runs work(first, last) over parts of [0, count) on the threads of set_compute_threads().
/// Within it a matrix product has one thread, and tensors take no gradients. Which part goes to which thread
/// must not matter to the result.
void for_pieces(std::int64_t count, const std::function<void(std::int64_t first, std::int64_t last)>& work);

}  // namespace earshot::network
