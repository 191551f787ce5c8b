#include <algorithm>
#include <cmath>
#include <vector>

#include "network/engine/product.h"
#include "network/engine/step.h"

namespace earshot::network::engine {
namespace {

/// One direction of a gated recurrent unit over [T, inputs].
class Direction {
 public:
    Direction(const Node& node, const char* suffix, std::size_t inputs, std::size_t hidden,
              const Weights& weights)
        : inputs_(inputs), hidden_(hidden) {
        const auto array = [&](const char* name) { return weights[node.name + "." + name + "_l0" + suffix]; };
        of_input_ = pack_columns(array("weight_ih"), 3 * hidden, inputs);
        of_state_ = pack_columns(array("weight_hh"), 3 * hidden, hidden);
        input_bias_ = padded(array("bias_ih"));
        state_bias_ = padded(array("bias_hh"));
    }

    std::size_t scratch_values(std::size_t steps) const { return 3 * hidden_ * (steps + 1) + hidden_; }

    /// @param out  row t of the result begins at out + t * stride
    void run(const float* in, std::size_t steps, bool backwards, float* out, std::size_t stride,
             float* scratch) const {
        float *gates = scratch, *recurrent = gates + 3 * hidden_ * steps, *state = recurrent + 3 * hidden_;
        multiply(in, of_input_, input_bias_, steps, inputs_, gates);
        std::fill_n(state, hidden_, 0.0F);
        for (std::size_t i = 0; i < steps; ++i) {
            const std::size_t t = backwards ? steps - 1 - i : i;
            multiply(state, of_state_, state_bias_, 1, hidden_, recurrent);
            const float* gate = gates + t * 3 * hidden_;
            for (std::size_t h = 0; h < hidden_; ++h) {
                const float reset = sigmoid(gate[h] + recurrent[h]);
                const float update = sigmoid(gate[hidden_ + h] + recurrent[hidden_ + h]);
                const float fresh = std::tanh(gate[2 * hidden_ + h] + reset * recurrent[2 * hidden_ + h]);
                state[h] = (1 - update) * fresh + update * state[h];
            }
            std::copy_n(state, hidden_, out + t * stride);
        }
    }

 private:
    static std::vector<float> padded(std::span<const float> bias) {
        const std::size_t block = product_kernels().columns;
        std::vector<float> whole(bias.begin(), bias.end());
        whole.resize((bias.size() + block - 1) / block * block);
        return whole;
    }

    /// out [rows, 3 hidden] = in [rows, depth] weight + bias
    void multiply(const float* in, const std::vector<float>& weight, const std::vector<float>& bias,
                  std::size_t rows, std::size_t depth, float* out) const {
        const auto& kernels = product_kernels();
        for (std::size_t unit = 0; unit < 3 * hidden_; unit += kernels.columns) {
            Product product;
            product.a = in;
            product.a_row = static_cast<std::ptrdiff_t>(depth);
            product.a_step = 1;
            product.b = weight.data() + unit * depth;
            product.b_step = static_cast<std::ptrdiff_t>(kernels.columns);
            product.out = out + unit;
            product.out_row = static_cast<std::ptrdiff_t>(3 * hidden_);
            product.rows = rows;
            product.depth = depth;
            product.columns = std::min(kernels.columns, 3 * hidden_ - unit);
            product.column_bias = bias.data() + unit;
            kernels.multiply(product);
        }
    }

    std::size_t inputs_, hidden_;
    std::vector<float> of_input_, of_state_, input_bias_, state_bias_;
};

class Gru : public Step {
 public:
    Gru(std::vector<Direction> directions, std::size_t steps, std::size_t inputs, std::size_t hidden)
        : directions_(std::move(directions)), steps_(steps), inputs_(inputs), hidden_(hidden) {}

    std::size_t scratch_values() const override { return directions_.front().scratch_values(steps_); }

    void run(std::span<const float* const> in, float* out, std::int64_t windows,
             float* scratch) const override {
        const std::size_t width = hidden_ * directions_.size();
        for (std::size_t window = 0; window < static_cast<std::size_t>(windows); ++window) {
            for (std::size_t d = 0; d < directions_.size(); ++d) {
                directions_[d].run(in[0] + window * steps_ * inputs_, steps_, d == 1,
                                   out + window * steps_ * width + d * hidden_, width, scratch);
            }
        }
    }

 private:
    std::vector<Direction> directions_;
    std::size_t steps_, inputs_, hidden_;
};

}  // namespace

StepPointer make_gru(const op::Gru& gru, const Node& node, const Shape& in, const Weights& weights) {
    const auto steps = static_cast<std::size_t>(in[0]), inputs = static_cast<std::size_t>(in[1]);
    const auto hidden = static_cast<std::size_t>(gru.hidden);
    std::vector<Direction> directions;
    directions.emplace_back(node, "", inputs, hidden, weights);
    if (gru.bidirectional) directions.emplace_back(node, "_reverse", inputs, hidden, weights);
    return std::make_unique<Gru>(std::move(directions), steps, inputs, hidden);
}

}  // namespace earshot::network::engine
