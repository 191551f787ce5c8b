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

/// Nothing here links OpenBLAS: libblas.so.3 may be any implementation.
SetThreads* set_blas_threads() {
    static const auto function =
        reinterpret_cast<SetThreads*>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    return function;
}

std::atomic<int> compute_threads = 1;

/// Every layer takes megabytes for a batch and gives them back, which by default returns them to the system,
/// to be paged in anew, zeroed, for the next one: a seventh of the processor time of scoring recordings, and
/// threads wait for each other in it.
void keep_freed_memory() {
#ifdef __GLIBC__
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the highest that all versions take
    ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

}  // namespace

void set_compute_threads(int threads) {
    keep_freed_memory();
    threads = std::max(1, threads);
    compute_threads = threads;
    // LibTorch's pool and OpenBLAS's fight when both are larger than one, and nearly all the work is in
    // matrix products.
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
    struct Turned {  // LibTorch's pool on, OpenBLAS's off
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
