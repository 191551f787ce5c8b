#include "network/compute_threads.h"

#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>

#include "network/torch/libtorch.h"
#include "network/torch/pieces.h"
#include "support/denormals.h"

namespace earshot::network {
namespace {

using SetThreads = void(int);

/// Null if libblas.so.3 is not OpenBLAS, which nothing here links.
SetThreads* set_blas_threads() {
    static const auto function =
        reinterpret_cast<SetThreads*>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    return function;
}

std::atomic<int> compute_threads = 1;

/// Each layer allocates megabytes for a batch and frees them. By default, glibc returns these to the system,
/// which must page them in and zero them again for the next layer: a seventh of the CPU time of scoring
/// recordings, and threads wait for each other meanwhile.
void keep_freed_memory() {
#ifdef __GLIBC__
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the highest that all versions accept
    ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

}  // namespace

void set_compute_threads(int threads) {
    keep_freed_memory();
    threads = std::max(1, threads);
    compute_threads = threads;
    // LibTorch's threads and OpenBLAS's slow each other down if both have more than one. Nearly all of the
    // work is in matrix products.
    if (set_blas_threads()) set_blas_threads()(threads);
    at::set_num_threads(set_blas_threads() ? 1 : threads);
}

void for_pieces(std::int64_t count, const std::function<void(std::int64_t first, std::int64_t last)>& work) {
    const auto run = [&](std::int64_t first, std::int64_t last) {
        flush_denormals_to_zero();
        const at::AutoDispatchBelowADInplaceOrView no_gradients;
        work(first, last);
    };
    const int threads = compute_threads;
    if (threads == 1 || count < 2 || !set_blas_threads()) {
        run(0, count);
        return;
    }
    struct Turned {  // use LibTorch's threads instead of OpenBLAS's
        int threads;
        explicit Turned(int number) : threads(number) {
            set_blas_threads()(1);
            at::set_num_threads(threads);
        }
        ~Turned() {
            at::set_num_threads(1);
            set_blas_threads()(threads);
        }
    } const turned(threads);
    at::parallel_for(0, count, 1, run);
}

}  // namespace earshot::network
