#if defined(__AVX512F__)
#include "network/engine/product_steps.h"

namespace earshot::network::engine {

extern const ProductKernels kProductAvx512{"avx512", lanes::kRows<16>, 2 * 16, lanes::multiply<16>};

}  // namespace earshot::network::engine
#endif
