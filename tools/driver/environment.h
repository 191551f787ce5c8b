#pragma once

#include <string>
#include <string_view>

namespace earshot::tools {

/// What the driver chose before LibTorch and its BLAS load, for --version --verbose.
struct ComputeEnvironment {
    std::string blas;           // file that provides the BLAS, empty if none was found
    std::string blas_detected;  // kernel OpenBLAS picks by itself ("Prescott"), empty for another BLAS
    std::string blas_kernel;    // kernel it will use: as set by the user, by us, or its own choice
    std::string reason;         // why blas_kernel
};

struct Processor {
    bool avx2 = false;    // and FMA
    bool avx512 = false;  // F, DQ, BW and VL, and an operating system that saves the registers
};

/// The OpenBLAS kernel to ask for in place of the one it detected, empty to leave it its choice: only where
/// it picked one older than AVX2 for a processor that has more.
std::string better_kernel(std::string_view detected, Processor processor);

/// Sets, unless the user has: OPENBLAS_CORETYPE, where OpenBLAS takes the processor for an older one than it
/// is (0.3.21 takes new ones for a Prescott, with SSE3 kernels), and OPENBLAS_NUM_THREADS=1, so that
/// OpenBLAS starts no pool before main; the commands size the one pool that they use.
/// Loads the BLAS to ask it (about 4 ms), so called only for what computes.
ComputeEnvironment prepare_compute_environment();

}  // namespace earshot::tools
