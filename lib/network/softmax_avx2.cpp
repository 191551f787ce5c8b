#if defined(__AVX2__)
#include "network/softmax_steps.h"

namespace earshot::network {

extern const SoftmaxKernels kSoftmaxAvx2{"AVX2", frontend::lanes::add_up<8>, frontend::lanes::gradient<8>};

}  // namespace earshot::network
#endif
