#if defined(__AVX512F__)
#include "network/softmax_steps.h"

namespace earshot::network {

extern const SoftmaxKernels kSoftmaxAvx512{"AVX-512", lanes::add_up<16>, lanes::gradient<16>};

}  // namespace earshot::network
#endif
