// run_network FILE RESULT FRAMES < WINDOWS > VECTORS: what a network of another program gives, as float32,
// for tests. RESULT is a name, `before OP` or empty; FRAMES is 0 where the file says it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "exchange/read_network.h"
#include "network/engine/engine.h"

namespace {

using namespace earshot;

void run(const std::string& path, const exchange::ReadOptions& options) {
    const auto network = exchange::read_network(path, options);
    const network::engine::Engine engine(network.graph, network.weights);
    const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
    std::vector<float> windows(bytes.size() / sizeof(float));
    std::copy_n(bytes.data(), windows.size() * sizeof(float), reinterpret_cast<char*>(windows.data()));
    const std::size_t count = windows.size() / engine.window_values();
    std::vector<float> vectors(count * engine.scores_per_window());
    engine.run(windows, count, vectors);
    std::fprintf(stderr, "%lld %lld %s\n", static_cast<long long>(network.graph.shape()[0]),
                 static_cast<long long>(network.graph.shape()[1]), network.result.c_str());
    std::cout.write(reinterpret_cast<const char*>(vectors.data()),
                    static_cast<std::streamsize>(vectors.size() * sizeof(float)));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    try {
        run(argv[1], {.result = argv[2], .frames = std::atoll(argv[3])});
        return std::cout.flush() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "run_network: %s\n", error.what());
        return 1;
    }
}
