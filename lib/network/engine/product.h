#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace earshot::network::engine {

/// out = a b + bias for a block of at most `columns()` columns. Every number of the result is one sum over k
/// in rising order, so it depends neither on the size of the block nor on what else is in it.
struct Product {
    const float* a = nullptr;
    std::ptrdiff_t a_row = 0, a_step = 0;  // a[m][k] is a[m * a_row + k * a_step]
    const float* b = nullptr;  // b[k][n] is b[k * b_step + n], for n up to columns() whatever is used
    std::ptrdiff_t b_step = 0;
    float* out = nullptr;
    std::ptrdiff_t out_row = 0;
    std::size_t rows = 0, depth = 0, columns = 0;
    const float* row_bias = nullptr;     // one a row, or
    const float* column_bias = nullptr;  // one a column, columns() readable
    bool add = false;                    // to what is in out, instead of a bias
    bool rectify = false;                // max(0, .) in the end
};

/// Matrix products with one instruction set.
struct ProductKernels {
    const char* name;
    std::size_t rows, columns;  // of a block that registers hold
    void (*multiply)(const Product& product);
};

extern const ProductKernels kProductBaseline, kProductAvx2, kProductAvx512;

/// The kernels that this processor can run, the fastest last.
std::vector<const ProductKernels*> all_product_kernels();
/// The fastest of them.
const ProductKernels& product_kernels();

/// Rows [rows, depth] in blocks of product_kernels().rows: for each, [depth, rows of the block], zeros where
/// there are fewer. A block is `a` of a product with a_row 1 and a_step product_kernels().rows.
std::vector<float> pack_rows(std::span<const float> matrix, std::size_t rows, std::size_t depth);
/// The transposed of [columns, depth] in blocks of product_kernels().columns: for each, [depth, columns of
/// the block], zeros where there are fewer. A block is `b` of a product with b_step
/// product_kernels().columns.
std::vector<float> pack_columns(std::span<const float> matrix, std::size_t columns, std::size_t depth);

}  // namespace earshot::network::engine
