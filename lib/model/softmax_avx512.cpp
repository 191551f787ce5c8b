#if defined(__AVX512F__)
#include "model/softmax_steps.h"

namespace earshot {

extern const SoftmaxKernels kSoftmaxAvx512{"AVX-512", lanes::add_up<16>, lanes::gradient<16>};

}  // namespace earshot
#endif
