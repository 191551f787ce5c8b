#if defined(__AVX512F__)
#include "frontend/split_steps.h"

namespace earshot::frontend {

extern const SplitKernels kSplitAvx512{"AVX-512", 16, lanes::real_power<16>, lanes::complex_transform<16>};

}  // namespace earshot::frontend
#endif
