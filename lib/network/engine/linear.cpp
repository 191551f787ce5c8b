#include <algorithm>
#include <cmath>

#include "network/engine/product.h"
#include "network/engine/step.h"

namespace earshot::network::engine {
namespace {

constexpr std::size_t kDepth = 512;  // so much of a block of columns stays in the cache between rows

class Linear : public Step {
 public:
    Linear(std::vector<float> weight, std::vector<float> bias, std::size_t inputs, std::size_t units,
           std::size_t rows, bool relu)
        : inputs_(inputs),
          units_(units),
          rows_(rows),
          relu_(relu),
          weight_(pack_columns(weight, units, inputs)) {
        const std::size_t block = product_kernels().columns;
        bias.resize((units + block - 1) / block * block);
        bias_ = std::move(bias);
    }

    void run(std::span<const float* const> in, float* out, std::int64_t windows, float*) const override {
        const auto& kernels = product_kernels();
        const std::size_t rows = rows_ * static_cast<std::size_t>(windows);
        Product product;
        product.a_row = static_cast<std::ptrdiff_t>(inputs_);
        product.a_step = 1;
        product.b_step = static_cast<std::ptrdiff_t>(kernels.columns);
        product.out_row = static_cast<std::ptrdiff_t>(units_);
        product.rows = rows;
        for (std::size_t unit = 0; unit < units_; unit += kernels.columns) {
            product.columns = std::min(kernels.columns, units_ - unit);
            product.column_bias = bias_.data() + unit;
            product.out = out + unit;
            for (std::size_t k = 0; k < inputs_; k += kDepth) {
                product.depth = std::min(kDepth, inputs_ - k);
                product.add = k > 0;
                product.rectify = relu_ && k + product.depth == inputs_;
                product.a = in[0] + k;
                product.b = weight_.data() + unit * inputs_ + k * kernels.columns;
                kernels.multiply(product);
            }
        }
    }

 private:
    std::size_t inputs_, units_, rows_;
    bool relu_;
    std::vector<float> weight_, bias_;
};

/// The right matrix is copied block by block, so that blocks may be read to their full width.
class MatMul : public Step {
 public:
    MatMul(const Shape& a, const Shape& b)
        : matrices_(static_cast<std::size_t>(a[0])),
          rows_(static_cast<std::size_t>(a[1])),
          depth_(static_cast<std::size_t>(a[2])),
          columns_(static_cast<std::size_t>(b[2])) {}

    std::size_t scratch_values() const override { return depth_ * product_kernels().columns; }

    void run(std::span<const float* const> in, float* out, std::int64_t windows,
             float* scratch) const override {
        const auto& kernels = product_kernels();
        const float *a = in[0], *b = in[1];
        Product product;
        product.a_row = static_cast<std::ptrdiff_t>(depth_);
        product.a_step = 1;
        product.b = scratch;
        product.b_step = static_cast<std::ptrdiff_t>(kernels.columns);
        product.out_row = static_cast<std::ptrdiff_t>(columns_);
        product.rows = rows_;
        product.depth = depth_;
        for (std::size_t matrix = 0; matrix < matrices_ * static_cast<std::size_t>(windows); ++matrix) {
            for (std::size_t column = 0; column < columns_; column += kernels.columns) {
                product.columns = std::min(kernels.columns, columns_ - column);
                for (std::size_t k = 0; k < depth_; ++k) {
                    float* const row = scratch + k * kernels.columns;
                    std::fill(std::copy_n(b + k * columns_ + column, product.columns, row),
                              row + kernels.columns, 0.0F);
                }
                product.a = a;
                product.out = out + column;
                kernels.multiply(product);
            }
            a += rows_ * depth_;
            b += depth_ * columns_;
            out += rows_ * columns_;
        }
    }

 private:
    std::size_t matrices_, rows_, depth_, columns_;
};

}  // namespace

StepPointer make_matmul(const Shapes& shapes) {
    return std::make_unique<MatMul>(*shapes.in[0], *shapes.in[1]);
}

StepPointer make_linear(const op::Linear& linear, const Node& node, const Shape& in, const Fused& fused,
                        const Weights& weights) {
    const auto weight = weights[node.name + ".weight"];
    std::vector<float> scaled(weight.begin(), weight.end());
    std::vector<float> bias(static_cast<std::size_t>(linear.units));
    if (linear.bias) std::ranges::copy(weights[node.name + ".bias"], bias.begin());
    const auto inputs = static_cast<std::size_t>(in.back());
    return std::make_unique<Linear>(std::move(scaled), std::move(bias), inputs,
                                    static_cast<std::size_t>(linear.units),
                                    static_cast<std::size_t>(values_of(in)) / inputs, fused.relu);
}

}  // namespace earshot::network::engine
