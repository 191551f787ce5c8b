#if defined(__AVX2__)
#include "model/softmax_steps.h"

namespace earshot {

extern const SoftmaxKernels kSoftmaxAvx2{"AVX2", lanes::add_up<8>, lanes::gradient<8>};

}  // namespace earshot
#endif
