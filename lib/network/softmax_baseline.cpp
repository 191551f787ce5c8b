#include "network/softmax_steps.h"

namespace earshot::network {

extern const SoftmaxKernels kSoftmaxBaseline{"baseline", frontend::lanes::add_up<4>,
                                             frontend::lanes::gradient<4>};

}  // namespace earshot::network
