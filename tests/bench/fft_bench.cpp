// One real transform: ours on each instruction set, beside KissFFT and FFTW (both with a power spectrum
// after).

#include <benchmark/benchmark.h>
#include <fftw3.h>
#include <kissfft/kiss_fftr.h>

#include <memory>
#include <random>
#include <vector>

#include "frontend/fft.h"
#include "frontend/split_fft.h"

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

void ours(benchmark::State& state) {
    const auto signal = noise(state.range(0));
    frontend::RealFft fft(signal.size());
    std::vector<float> power(fft.bins());
    for (auto _ : state) {
        fft.power(signal, power);
        benchmark::DoNotOptimize(power.data());
    }
}
BENCHMARK(ours)->Apply(sizes)->Arg(88211);  // a prime

void kissfft(benchmark::State& state) {
    const auto signal = noise(state.range(0));
    const std::unique_ptr<std::remove_pointer_t<kiss_fftr_cfg>, void (*)(void*)> plan(
        kiss_fftr_alloc(static_cast<int>(signal.size()), 0, nullptr, nullptr), std::free);
    std::vector<kiss_fft_cpx> bins(signal.size() / 2 + 1);
    std::vector<float> power(bins.size());
    for (auto _ : state) {
        kiss_fftr(plan.get(), signal.data(), bins.data());
        for (std::size_t k = 0; k < bins.size(); ++k)
            power[k] = bins[k].r * bins[k].r + bins[k].i * bins[k].i;
        benchmark::DoNotOptimize(power.data());
    }
}
BENCHMARK(kissfft)->Apply(sizes);

void fftw(benchmark::State& state) {
    auto signal = noise(state.range(0));
    std::vector<fftwf_complex> bins(signal.size() / 2 + 1);
    std::vector<float> power(bins.size());
    const auto plan = fftwf_plan_dft_r2c_1d(static_cast<int>(signal.size()), signal.data(), bins.data(),
                                            FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    for (auto _ : state) {
        fftwf_execute(plan);
        for (std::size_t k = 0; k < bins.size(); ++k)
            power[k] = bins[k][0] * bins[k][0] + bins[k][1] * bins[k][1];
        benchmark::DoNotOptimize(power.data());
    }
    fftwf_destroy_plan(plan);
}
BENCHMARK(fftw)->Apply(sizes);

void instruction_set(benchmark::State& state) {
    const auto kernels = frontend::all_split_kernels();
    const std::size_t index = state.range(0);
    if (index >= kernels.size()) return state.SkipWithError("not on this processor");
    state.SetLabel(kernels[index]->name);
    const auto signal = noise(88200);
    frontend::SplitFft fft(signal.size(), frontend::SplitFft::Kind::real, *kernels[index]);
    std::vector<float> power(signal.size() / 2 + 1);
    for (auto _ : state) {
        fft.power(signal.data(), power.data());
        benchmark::DoNotOptimize(power.data());
    }
}
BENCHMARK(instruction_set)->DenseRange(0, 2)->Unit(benchmark::kMicrosecond);

void plan(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(frontend::RealFft(state.range(0)));
}
BENCHMARK(plan)->Arg(88200)->Arg(88211)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace earshot
