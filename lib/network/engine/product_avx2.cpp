#if defined(__AVX2__)
#include "network/engine/product_steps.h"

namespace earshot::network::engine {

extern const ProductKernels kProductAvx2{"avx2", lanes::kRows<8>, 2 * 8, lanes::multiply<8>};

}  // namespace earshot::network::engine
#endif
