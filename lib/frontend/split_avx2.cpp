#if defined(__AVX2__)
#include "frontend/split_steps.h"

namespace earshot::frontend {

extern const SplitKernels kSplitAvx2{"AVX2", 8, lanes::real_power<8>, lanes::complex_transform<8>};

}  // namespace earshot::frontend
#endif
