#include <dlfcn.h>

#include <algorithm>

#include "model/scorer.h"
#include "model/torch/libtorch.h"

namespace earshot {

void set_compute_threads(int threads) {
    threads = std::max(1, threads);
    // LibTorch's pool and OpenBLAS's fight when both are larger than one, and nearly all the work is in
    // matrix products. Nothing here links OpenBLAS: libblas.so.3 may be any implementation.
    using SetThreads = void(int);
    const auto set_blas_threads =
        reinterpret_cast<SetThreads*>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    if (set_blas_threads) set_blas_threads(threads);
    at::set_num_threads(set_blas_threads ? 1 : threads);
}

}  // namespace earshot
