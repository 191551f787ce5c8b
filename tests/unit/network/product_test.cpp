#include "network/engine/product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace earshot::network::engine {
namespace {

class Products : public testing::TestWithParam<const ProductKernels*> {};

/// Every number of rows, and columns from one to a whole block.
TEST_P(Products, are_those_of_the_definition) {
    const auto& kernels = *GetParam();
    std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    const auto random = [&](std::size_t count) {
        std::vector<float> values(count);
        for (float& value : values) value = normal(generator);
        return values;
    };
    const std::size_t depth = 19;
    for (std::size_t rows = 1; rows <= 2 * kernels.rows + 1; ++rows) {
        for (std::size_t columns :
             {std::size_t{1}, kernels.columns / 2, kernels.columns - 1, kernels.columns}) {
            const auto a = random(rows * depth), b = random(depth * kernels.columns),
                       bias = random(kernels.columns);
            std::vector<float> out(rows * columns, 1.0F);
            Product product;
            product.a = a.data();
            product.a_row = static_cast<std::ptrdiff_t>(depth);
            product.a_step = 1;
            product.b = b.data();
            product.b_step = static_cast<std::ptrdiff_t>(kernels.columns);
            product.out = out.data();
            product.out_row = static_cast<std::ptrdiff_t>(columns);
            product.rows = rows;
            product.depth = depth;
            product.columns = columns;
            product.column_bias = bias.data();
            product.rectify = true;
            kernels.multiply(product);
            for (std::size_t m = 0; m < rows; ++m) {
                for (std::size_t n = 0; n < columns; ++n) {
                    double sum = bias[n];
                    for (std::size_t k = 0; k < depth; ++k)
                        sum += double{a[m * depth + k]} * b[k * kernels.columns + n];
                    ASSERT_NEAR(out[m * columns + n], std::max(0.0, sum), 1e-4) << rows << " x " << columns;
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllProcessors, Products, testing::ValuesIn(all_product_kernels()),
                         [](const auto& kernels) { return std::string(kernels.param->name); });

}  // namespace
}  // namespace earshot::network::engine
