// The spectrum front end on chunks of 2 s at 44.1 kHz, whole and by its parts.

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "frontend/fft.h"
#include "frontend/frontend.h"
#include "frontend/linear_bands.h"

namespace earshot {
namespace {

constexpr std::size_t kChunk = 88200;

std::vector<float> noise(std::size_t size) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.1F);
    std::vector<float> samples(size);
    for (float& sample : samples) sample = normal(random);
    return samples;
}

/// Argument: samples a block. One iteration is one chunk.
void spectrum(benchmark::State& state) {
    const auto frontend = frontend::make_frontend({{"kind", "spectrum"},
                                                   {"rate_hz", 44100},
                                                   {"duration_s", 2},
                                                   {"low_hz", 20},
                                                   {"high_hz", 20000},
                                                   {"bins", 100}});
    const auto samples = noise(kChunk);
    const std::span<const float> chunk = samples;
    const std::size_t block = state.range(0);
    for (auto _ : state) {
        for (std::size_t start = 0; start < kChunk; start += block)
            frontend->push(
                chunk.subspan(start, std::min(block, kChunk - start)),
                [](std::span<const float> frame, double) { benchmark::DoNotOptimize(frame.data()); });
    }
    state.counters["x real time"] =
        benchmark::Counter(2.0 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(spectrum)->Arg(kChunk)->Arg(4096)->Arg(1152)->Unit(benchmark::kMicrosecond);

void bands(benchmark::State& state) {
    const auto power = noise(kChunk / 2 + 1);
    const frontend::LinearBands bank(kChunk, 44100, 20, 20000, 100);
    std::vector<float> values(bank.size());
    for (auto _ : state) {
        bank.apply(power, values);
        benchmark::DoNotOptimize(values.data());
    }
}
BENCHMARK(bands)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace earshot
