#if defined(__AVX2__)
#include "network/softmax_steps.h"

namespace earshot::network {

extern const SoftmaxKernels kSoftmaxAvx2{"AVX2", lanes::add_up<8>, lanes::gradient<8>};

}  // namespace earshot::network
#endif
