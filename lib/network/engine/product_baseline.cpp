#include "network/engine/product_steps.h"

namespace earshot::network::engine {

extern const ProductKernels kProductBaseline{"baseline", lanes::kRows<4>, 2 * 4, lanes::multiply<4>};

}  // namespace earshot::network::engine
