#include "frontend/split_steps.h"

namespace earshot::frontend {

extern const SplitKernels kSplitBaseline{"baseline", 4, lanes::real_power<4>, lanes::complex_transform<4>};

}  // namespace earshot::frontend
