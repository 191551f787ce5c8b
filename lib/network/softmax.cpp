#include "network/softmax.h"

namespace earshot::network {

std::vector<const SoftmaxKernels*> all_softmax_kernels() {
    std::vector<const SoftmaxKernels*> kernels{&kSoftmaxBaseline};
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels.push_back(&kSoftmaxAvx2);
    if (__builtin_cpu_supports("avx512f")) kernels.push_back(&kSoftmaxAvx512);
#endif
    return kernels;
}

const SoftmaxKernels& softmax_kernels() {
    static const SoftmaxKernels& best = *all_softmax_kernels().back();
    return best;
}

}  // namespace earshot::network
