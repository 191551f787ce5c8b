// Log-mel frames of 25 ms every 10 ms at 16 kHz, 48 bands: the front end beside KissFFT frame by frame with
// the same bank and logarithm.

#include <benchmark/benchmark.h>
#include <kissfft/kiss_fftr.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <random>
#include <vector>

#include "frontend/frontend.h"
#include "frontend/mel_bank.h"
#include "frontend/split_fft.h"
#include "support/denormals.h"

namespace earshot {
namespace {

constexpr std::size_t kWindow = 400, kHop = 160, kSize = 512, kMels = 48, kSamples = 160'000;

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

/// The transform of a frame by each of the kernels, slowest first.
void transform(benchmark::State& state) {
    const auto kernels = frontend::all_split_kernels();
    const auto index = static_cast<std::size_t>(state.range(0));
    if (index >= kernels.size()) return state.SkipWithError("not on this processor");
    state.SetLabel(kernels[index]->name);
    frontend::SplitFft fft(kSize, frontend::SplitFft::Kind::real, *kernels[index]);
    auto samples = noise();
    std::vector<float> power(kSize / 2 + 1);
    std::size_t frames = 0;
    for (auto _ : state) {
        for (std::size_t start = 0; start + kSize <= kSamples; start += kHop, ++frames) {
            fft.power(samples.data() + start, power.data());
            benchmark::DoNotOptimize(power.data());
        }
    }
    count(state, frames);
}
BENCHMARK(transform)->DenseRange(0, 2);

void kissfft(benchmark::State& state) {
    flush_denormals_to_zero();
    const std::unique_ptr<kiss_fftr_state, void (*)(void*)> plan(
        kiss_fftr_alloc(kSize, 0, nullptr, nullptr), [](void* memory) { kiss_fftr_free(memory); });
    const frontend::MelBank bank(kSize, 16000, {50, 7800, kMels, frontend::MelScale::slaney, true});
    const auto samples = noise();
    std::vector<float> window(kWindow), padded(kSize), power(kSize / 2 + 1), bands(kMels);
    for (std::size_t n = 0; n < kWindow; ++n)
        window[n] =
            static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(n) / kWindow));
    std::vector<kiss_fft_cpx> spectrum(kSize / 2 + 1);
    std::size_t frames = 0;
    for (auto _ : state) {
        for (std::size_t start = 0; start + kWindow <= kSamples; start += kHop, ++frames) {
            for (std::size_t n = 0; n < kWindow; ++n) padded[n] = samples[start + n] * window[n];
            kiss_fftr(plan.get(), padded.data(), spectrum.data());
            for (std::size_t k = 0; k < power.size(); ++k)
                power[k] = spectrum[k].r * spectrum[k].r + spectrum[k].i * spectrum[k].i;
            bank.apply(power, bands);
            for (float& band : bands) band = std::log(band + 1e-10F);
            benchmark::DoNotOptimize(bands.data());
        }
    }
    count(state, frames);
}
BENCHMARK(kissfft);

}  // namespace
}  // namespace earshot
