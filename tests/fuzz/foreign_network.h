#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exchange/read_network.h"
#include "fuzz/run_graph.h"
#include "network/time_stride.h"

namespace earshot::fuzz {

/// Reads a network of another program, and runs it if it is small.
/// @param read, sizes  the functions of its format
template <class Read, class Sizes>
void read_and_run(const std::uint8_t* data, std::size_t size, const Read& read, const Sizes& sizes) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    try {
        sizes(bytes, 0);
    } catch (const Error& error) {
        check_message(error);
    }
    try {
        const exchange::ForeignNetwork network = read(bytes, exchange::ReadOptions{});
        require(network.graph.shape().size() == 2);
        if (!is_small(network.graph)) return;
        network::time_stride(network.graph);
        run(network.graph, network.weights);
    } catch (const Error& error) {
        check_message(error);
    }
}

}  // namespace earshot::fuzz
