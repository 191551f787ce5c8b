// A forward pass of one second and a training step of the network `attention`: what attention.py sets beside
// PyTorch. Prints one line of JSON: least processor time of several, and peak memory.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <ctime>
#include <limits>
#include <memory>
#include <string_view>

#include "model/scorer.h"
#include "network/architecture.h"
#include "network/compute_threads.h"
#include "network/torch/autocast.h"
#include "network/torch/network.h"
#include "train/torch/adam.h"

namespace {

double processor_ms() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double peak_mib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

template <class Work>
double least_ms(int times, Work work) {
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < times; ++i) {
        const double begin = processor_ms();
        work();
        best = std::min(best, processor_ms() - begin);
    }
    return best;
}

int number_after(int count, char** words, std::string_view name, int otherwise) {
    for (int i = 1; i + 1 < count; ++i) {
        if (words[i] == name) return std::atoi(words[i + 1]);
    }
    return otherwise;
}

}  // namespace

int main(int count, char** words) {
    using namespace earshot;
    const int batch = number_after(count, words, "--batch", 32);
    network::set_compute_threads(number_after(count, words, "--threads", 1));
    const double start = peak_mib();
    network::NetworkOptions options;
    options.kind = "attention";
    options.inputs = 44100;
    options.input = {{"none", 0}, 0, 0, "none"};
    options.dropout = 0.3;
    const auto network = std::make_unique<network::Network>(network::describe_network(options));
    network->eval();
    const auto second = torch::randn({1, 44100});
    const auto forward = [&] {
        const torch::InferenceMode no_gradients;
        network->forward(second);
    };
    forward();
    const double forward_ms = least_ms(5, forward);

    network->train();
    train::Adam adam(network->parameters(), 0);
    const auto windows = torch::randn({batch, 44100}), truth = torch::randint(2, {batch}, torch::kInt64);
    const auto weights = torch::ones({2});
    const bool bfloat16 = number_after(count, words, "--bfloat16", 0) != 0;
    const auto logits = [&] {
        const network::AutocastScope scope(bfloat16);
        return network->forward(windows).to(torch::kFloat32);
    };
    const double step_ms = least_ms(1, [&] {
        train::Adam::add(network->answer().loss(logits(), truth, weights).mean);
        adam.step(1, 1e-4, 0);
    });
    fmt::print(
        "{{\"start_mib\": {:.0f}, \"forward_ms\": {:.2f}, \"step_ms\": {:.1f}, \"peak_mib\": {:.0f}}}\n",
        start, forward_ms, step_ms, peak_mib());
}
