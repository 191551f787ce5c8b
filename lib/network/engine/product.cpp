#include "network/engine/product.h"

namespace earshot::network::engine {

std::vector<const ProductKernels*> all_product_kernels() {
    std::vector<const ProductKernels*> kernels{&kProductBaseline};
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels.push_back(&kProductAvx2);
    if (__builtin_cpu_supports("avx512f")) kernels.push_back(&kProductAvx512);
#endif
    return kernels;
}

const ProductKernels& product_kernels() {
    static const ProductKernels& best = *all_product_kernels().back();
    return best;
}

std::vector<float> pack_rows(std::span<const float> matrix, std::size_t rows, std::size_t depth) {
    const std::size_t block = product_kernels().rows, blocks = (rows + block - 1) / block;
    std::vector<float> packed(blocks * block * depth);
    for (std::size_t row = 0; row < rows; ++row) {
        float* to = packed.data() + row / block * block * depth + row % block;
        for (std::size_t k = 0; k < depth; ++k) to[k * block] = matrix[row * depth + k];
    }
    return packed;
}

std::vector<float> pack_columns(std::span<const float> matrix, std::size_t columns, std::size_t depth) {
    const std::size_t block = product_kernels().columns, blocks = (columns + block - 1) / block;
    std::vector<float> packed(blocks * block * depth);
    for (std::size_t column = 0; column < columns; ++column) {
        float* to = packed.data() + column / block * block * depth + column % block;
        for (std::size_t k = 0; k < depth; ++k) to[k * block] = matrix[column * depth + k];
    }
    return packed;
}

}  // namespace earshot::network::engine
