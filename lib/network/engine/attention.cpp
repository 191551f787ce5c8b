#include <algorithm>
#include <cmath>
#include <cstring>

#include "network/engine/product.h"
#include "network/engine/step.h"
#include "network/softmax.h"

namespace earshot::network::engine {
namespace {

/// The sum of products, in as many partial sums as a wide vector has places.
float dot(const float* a, const float* b, std::size_t count) {
    constexpr std::size_t kLanes = 16;
    float sums[kLanes] = {};
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
    }
    float sum = 0;
    for (; i < count; ++i) sum += a[i] * b[i];
    for (const float part : sums) sum += part;
    return sum;
}

/// Self-attention over [T, C], one window at a time. Where only the mean over the sequence is wanted, that of
/// the weights comes first: the mean over i of sum_j w_ij v_j is sum_j (mean_i w_ij) v_j, and all that
/// follows is linear.
class Attention : public Step {
 public:
    Attention(std::int64_t heads, const Shape& sequence, bool transposed, bool mean,
              std::span<const float> projection, std::span<const float> bias,
              std::span<const float> out_weight, std::span<const float> out_bias)
        : heads_(static_cast<std::size_t>(heads)),
          steps_(static_cast<std::size_t>(sequence[0])),
          width_(static_cast<std::size_t>(sequence[1])),
          padded_(steps_ + product_kernels().columns),
          transposed_(transposed),
          mean_(mean),
          values_(projection.begin() + static_cast<std::ptrdiff_t>(2 * width_ * width_), projection.end()),
          bias_(bias.begin(), bias.end()),
          out_weight_(out_weight.begin(), out_weight.end()),
          out_bias_(out_bias.begin(), out_bias.end()) {
        // Scores are products of queries and keys over the root of their length.
        const float scale = 1 / std::sqrt(static_cast<float>(width_ / heads_));
        std::vector<float> scaled(projection.begin(),
                                  projection.begin() + static_cast<std::ptrdiff_t>(2 * width_ * width_));
        for (std::size_t i = 0; i < width_ * width_; ++i) scaled[i] *= scale;
        for (std::size_t i = 0; i < width_; ++i) bias_[i] *= scale;
        queries_keys_ = pack_rows(scaled, 2 * width_, width_);
    }

    std::size_t scratch_values() const override {
        const auto& kernels = product_kernels();
        return 3 * width_ * padded_            // sequence, queries and keys
               + kernels.columns * width_      // a block of keys, or of the sequence
               + kernels.rows * (padded_ + 1)  // scores of a block of queries
               + (mean_ ? heads_ * padded_ + 2 * width_ : 2 * width_ * padded_);
    }

    void run(std::span<const float* const> in, float* out, std::int64_t windows,
             float* scratch) const override {
        const std::size_t values = steps_ * width_;
        for (std::size_t window = 0; window < static_cast<std::size_t>(windows); ++window)
            attend(in[0] + window * values, out + window * (mean_ ? width_ : values), scratch);
    }

 private:
    void attend(const float* in, float* out, float* scratch) const {
        const auto& kernels = product_kernels();
        float* const sequence = scratch;                           // [C, padded]
        float* const queries_keys = sequence + width_ * padded_;   // [2 C, padded]
        float* const block = queries_keys + 2 * width_ * padded_;  // [.., columns]
        float* const scores = block + kernels.columns * width_;    // [rows, steps]
        float* const rest = scores + kernels.rows * (padded_ + 1);
        for (std::size_t c = 0; c < width_; ++c) {
            float* row = sequence + c * padded_;
            if (transposed_) {
                std::copy_n(in + c * steps_, steps_, row);
            } else {
                for (std::size_t t = 0; t < steps_; ++t) row[t] = in[t * width_ + c];
            }
            std::fill_n(row + steps_, kernels.columns, 0.0F);
        }
        project(sequence, queries_keys, block);
        mean_ ? take_mean(sequence, queries_keys, scores, rest, out)
              : take_all(sequence, queries_keys, scores, rest, out);
    }

    void project(const float* sequence, float* queries_keys, float* block) const {
        const auto& kernels = product_kernels();
        for (std::size_t t = 0; t < steps_; t += kernels.columns) {
            for (std::size_t c = 0; c < width_; ++c)
                std::memcpy(block + c * kernels.columns, sequence + c * padded_ + t,
                            kernels.columns * sizeof(float));
            for (std::size_t row = 0; row < 2 * width_; row += kernels.rows) {
                Product product;
                product.a = queries_keys_.data() + row * width_;
                product.a_row = 1;
                product.a_step = static_cast<std::ptrdiff_t>(kernels.rows);
                product.b = block;
                product.b_step = static_cast<std::ptrdiff_t>(kernels.columns);
                product.out = queries_keys + row * padded_ + t;
                product.out_row = static_cast<std::ptrdiff_t>(padded_);
                product.rows = std::min(kernels.rows, 2 * width_ - row);
                product.depth = width_;
                product.columns = kernels.columns;  // what is past the end is never read as a step
                product.row_bias = bias_.data() + row;
                kernels.multiply(product);
            }
        }
    }

    /// Scores of queries first to first + rows - 1 of a head with all keys: [rows, steps].
    void score(const float* queries_keys, std::size_t head, std::size_t first, std::size_t rows,
               float* scores) const {
        const auto& kernels = product_kernels();
        const std::size_t depth = width_ / heads_;
        for (std::size_t t = 0; t < steps_; t += kernels.columns) {
            Product product;
            product.a = queries_keys + head * depth * padded_ + first;
            product.a_row = 1;
            product.a_step = static_cast<std::ptrdiff_t>(padded_);
            product.b = queries_keys + (width_ + head * depth) * padded_ + t;
            product.b_step = static_cast<std::ptrdiff_t>(padded_);
            product.out = scores + t;
            product.out_row = static_cast<std::ptrdiff_t>(steps_);
            product.rows = rows;
            product.depth = depth;
            product.columns = std::min(kernels.columns, steps_ - t);
            kernels.multiply(product);
        }
    }

    void take_mean(const float* sequence, const float* queries_keys, float* scores, float* rest,
                   float* out) const {
        const auto& kernels = product_kernels();
        const std::size_t depth = width_ / heads_;
        float *weights = rest, *seen = rest + heads_ * padded_, *gathered = seen + width_;
        float* const log_sums = scores + kernels.rows * steps_;
        for (std::size_t head = 0; head < heads_; ++head) {
            float* const mean = weights + head * padded_;
            std::fill_n(mean, steps_, 0.0F);
            for (std::size_t first = 0; first < steps_; first += kernels.rows) {
                const std::size_t rows = std::min(kernels.rows, steps_ - first);
                score(queries_keys, head, first, rows, scores);
                softmax_kernels().add_up(scores, rows, steps_, log_sums, mean);
            }
            const float share = 1 / static_cast<float>(steps_);
            for (std::size_t c = 0; c < width_; ++c)
                seen[c] = dot(mean, sequence + c * padded_, steps_) * share;
            for (std::size_t d = head * depth; d < (head + 1) * depth; ++d)
                gathered[d] = bias_[2 * width_ + d] + dot(values_.data() + d * width_, seen, width_);
        }
        for (std::size_t c = 0; c < width_; ++c)
            out[c] = out_bias_[c] + dot(out_weight_.data() + c * width_, gathered, width_);
    }

    void take_all(const float* sequence, const float* queries_keys, float* scores, float* rest,
                  float* out) const {
        const std::size_t depth = width_ / heads_;
        float *values = rest, *gathered = rest + width_ * padded_;  // [T, C] each
        for (std::size_t t = 0; t < steps_; ++t) {
            for (std::size_t d = 0; d < width_; ++d) {
                float sum = bias_[2 * width_ + d];
                for (std::size_t c = 0; c < width_; ++c)
                    sum += values_[d * width_ + c] * sequence[c * padded_ + t];
                values[t * width_ + d] = sum;
            }
        }
        for (std::size_t head = 0; head < heads_; ++head) {
            for (std::size_t first = 0; first < steps_; ++first) {
                score(queries_keys, head, first, 1, scores);
                float* const to = gathered + first * width_ + head * depth;
                std::fill_n(to, depth, 0.0F);
                const float most = *std::max_element(scores, scores + steps_);
                float total = 0;
                for (std::size_t t = 0; t < steps_; ++t) {
                    const float weight = std::exp(scores[t] - most);
                    total += weight;
                    for (std::size_t d = 0; d < depth; ++d)
                        to[d] += weight * values[t * width_ + head * depth + d];
                }
                for (std::size_t d = 0; d < depth; ++d) to[d] /= total;
            }
        }
        for (std::size_t t = 0; t < steps_; ++t) {
            for (std::size_t c = 0; c < width_; ++c)
                out[t * width_ + c] =
                    out_bias_[c] + dot(out_weight_.data() + c * width_, gathered + t * width_, width_);
        }
    }

    std::size_t heads_, steps_, width_, padded_;
    bool transposed_, mean_;
    std::vector<float> queries_keys_, values_, bias_, out_weight_, out_bias_;
};

}  // namespace

StepPointer make_attention(const op::Attention& attention, const Node& node, const Shape& in, bool transposed,
                           bool mean, const Weights& weights) {
    const auto array = [&](const char* name) { return weights[node.name + "." + name]; };
    const Shape sequence = transposed ? Shape{in[1], in[0]} : in;
    return std::make_unique<Attention>(attention.heads, sequence, transposed, mean, array("in_proj_weight"),
                                       array("in_proj_bias"), array("out_proj.weight"),
                                       array("out_proj.bias"));
}

}  // namespace earshot::network::engine
