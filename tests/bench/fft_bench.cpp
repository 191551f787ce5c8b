// The power spectrum of one real signal, and what planning it takes.

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "frontend/fft.h"

namespace earshot {
namespace {

std::vector<float> noise(std::size_t size) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.1F);
    std::vector<float> samples(size);
    for (float& sample : samples) sample = normal(random);
    return samples;
}

void sizes(benchmark::internal::Benchmark* bench) {
    for (const int size : {512, 1024, 4410, 88200, 96000, 131072}) bench->Arg(size);
    bench->Unit(benchmark::kMicrosecond);
}

void power(benchmark::State& state) {
    const auto signal = noise(state.range(0));
    frontend::RealFft fft(signal.size());
    std::vector<float> power(fft.bins());
    for (auto _ : state) {
        fft.power(signal, power);
        benchmark::DoNotOptimize(power.data());
    }
}
BENCHMARK(power)->Apply(sizes)->Arg(88211);  // a prime

// Lengths as in a recording's last chunk: any.
void plan(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(frontend::RealFft(state.range(0)));
}
BENCHMARK(plan)->Arg(88200)->Arg(88211)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace earshot
