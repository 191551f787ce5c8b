// Frames of 25 ms every 10 ms at 16 kHz, 48 bands, by each front end over mel spectra.

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "frontend/frontend.h"
#include "support/denormals.h"

namespace earshot {
namespace {

constexpr std::size_t kSamples = 160'000;

std::vector<float> noise() {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.1F);
    std::vector<float> samples(kSamples);
    for (float& sample : samples) sample = normal(random);
    return samples;
}

void count(benchmark::State& state, std::size_t frames) {
    state.counters["a frame"] = benchmark::Counter(static_cast<double>(frames),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void frontend(benchmark::State& state, const char* kind) {
    flush_denormals_to_zero();
    const auto front_end = frontend::make_frontend(frontend::default_frontend(kind));
    const auto samples = noise();
    const std::span<const float> all = samples;
    std::size_t frames = 0;
    const frontend::FrameSink sink = [&](std::span<const float> frame, double) {
        benchmark::DoNotOptimize(frame.data());
        ++frames;
    };
    for (auto _ : state) {
        for (std::size_t start = 0; start < kSamples; start += 4000)
            front_end->push(all.subspan(start, 4000), sink);
        front_end->finish(sink);
    }
    count(state, frames);
}
BENCHMARK_CAPTURE(frontend, logmel, "logmel");
BENCHMARK_CAPTURE(frontend, pcen, "pcen");
BENCHMARK_CAPTURE(frontend, mfcc, "mfcc");

}  // namespace
}  // namespace earshot
