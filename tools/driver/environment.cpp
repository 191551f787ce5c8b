#include "tools/driver/environment.h"

#include <dlfcn.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace earshot::tools {
namespace {

/// Kernels of OpenBLAS on x86-64 that use neither AVX2 nor AVX-512.
constexpr std::array<std::string_view, 12> kOldKernels{"Katmai",  "Coppermine",  "Northwood", "Prescott",
                                                       "Banias",  "Core2",       "Penryn",    "Dunnington",
                                                       "Nehalem", "Sandybridge", "Barcelona", "Atom"};

Processor this_processor() {
    Processor processor;
#if defined(__x86_64__)
    __builtin_cpu_init();
    processor.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    processor.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return processor;
}

}  // namespace

std::string better_kernel(std::string_view detected, Processor processor) {
    if (std::ranges::find(kOldKernels, detected) == kOldKernels.end()) return {};
    if (processor.avx512) return "SkylakeX";
    return processor.avx2 ? "Haswell" : "";
}

ComputeEnvironment prepare_compute_environment() {
    ComputeEnvironment chosen;
    ::setenv("OPENBLAS_NUM_THREADS", "1", 0);
    void* blas = ::dlopen("libblas.so.3", RTLD_LAZY | RTLD_LOCAL);
    if (!blas) return chosen;
    Dl_info where{};
    if (void* gemm = ::dlsym(blas, "sgemm_"); gemm && ::dladdr(gemm, &where) != 0)
        chosen.blas = where.dli_fname;
    using CoreName = char* (*)();
    const auto core_name = reinterpret_cast<CoreName>(::dlsym(blas, "openblas_get_corename"));
    if (!core_name) return chosen;

    chosen.blas_detected = chosen.blas_kernel = core_name();
    const auto better = better_kernel(chosen.blas_detected, this_processor());
    if (const char* wanted = std::getenv("OPENBLAS_CORETYPE")) {
        const bool taken = ::strcasecmp(wanted, chosen.blas_kernel.c_str()) == 0;
        chosen.reason =
            taken ? "set by OPENBLAS_CORETYPE" : "OPENBLAS_CORETYPE names a kernel that OpenBLAS lacks";
    } else if (!better.empty()) {
        ::setenv("OPENBLAS_CORETYPE", better.c_str(), 1);
        chosen.blas_kernel = better;
        chosen.reason = "OpenBLAS takes this processor for a " + chosen.blas_detected;
    } else {
        chosen.reason = "OpenBLAS's own choice";
    }
    return chosen;
}

}  // namespace earshot::tools
