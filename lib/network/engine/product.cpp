#include "network/engine/product.h"

namespace earshot::network::engine {
namespace {

/// Rows in blocks of `block`, transposed: [depth, block] for each.
std::vector<float> pack(std::span<const float> matrix, std::size_t rows, std::size_t depth,
                        std::size_t block) {
    std::vector<float> packed((rows + block - 1) / block * block * depth);
    for (std::size_t row = 0; row < rows; ++row) {
        float* to = packed.data() + row / block * block * depth + row % block;
        for (std::size_t k = 0; k < depth; ++k) to[k * block] = matrix[row * depth + k];
    }
    return packed;
}

}  // namespace

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
    return pack(matrix, rows, depth, product_kernels().rows);
}

std::vector<float> pack_columns(std::span<const float> matrix, std::size_t columns, std::size_t depth) {
    return pack(matrix, columns, depth, product_kernels().columns);
}

}  // namespace earshot::network::engine
