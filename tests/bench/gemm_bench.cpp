// A dense layer as a matrix product, rows x 512 times 512 x 2048, by whatever BLAS LibTorch would get. Run it
// with and without the OPENBLAS_CORETYPE that the driver sets (commands.py does) to see what that gains.

#include <benchmark/benchmark.h>

#include <vector>

extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n,
                       const int* k, const float* alpha, const float* a, const int* lda, const float* b,
                       const int* ldb, const float* beta, float* c, const int* ldc);

namespace {

void gemm(benchmark::State& state) {
    const int m = 2048, k = 512, n = static_cast<int>(state.range(0));
    const std::vector<float> a(m * k, 0.5F), b(static_cast<std::size_t>(k) * n, 0.25F);
    std::vector<float> c(static_cast<std::size_t>(m) * n);
    const float one = 1, zero = 0;
    for (auto _ : state) {
        sgemm_("N", "N", &m, &n, &k, &one, a.data(), &m, b.data(), &k, &zero, c.data(), &m);
        benchmark::DoNotOptimize(c.data());
    }
    state.counters["flops"] = benchmark::Counter(2.0 * m * n * k * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
}
BENCHMARK(gemm)->Arg(1)->Arg(64)->Arg(512)->Unit(benchmark::kMicrosecond);

}  // namespace
