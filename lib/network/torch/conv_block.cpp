#include "network/torch/conv_block.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "network/torch/autocast.h"
#include "network/torch/operations.h"
#include "network/torch/pieces.h"

namespace earshot::network {
namespace {

constexpr std::int64_t kKernel = 3, kPadding = 1;
constexpr std::int64_t kRows = 512;         // steps in a piece, even
constexpr std::int64_t kLeastColumns = 32;  // with fewer, rounding to bfloat16 costs more than it saves

/// Sizes of a call, and of the pieces that its steps are divided into.
struct BlockShape {
    std::int64_t sequences, steps_in, channels_in, channels, stride;
    std::int64_t steps, pooled, pieces_each;  // in each sequence

    BlockShape(const torch::Tensor& input, const torch::Tensor& matrix, std::int64_t step_size)
        : sequences(input.size(0)),
          steps_in(input.size(1)),
          channels_in(input.size(2)),
          channels(matrix.size(1)),
          stride(step_size),
          steps((steps_in - 1) / stride + 1),
          pooled(steps / 2),
          pieces_each((steps + kRows - 1) / kRows) {}

    std::int64_t pieces() const { return sequences * pieces_each; }
    std::int64_t columns() const { return kKernel * channels_in; }
    double count() const { return static_cast<double>(sequences * steps); }
};

struct Piece {
    std::int64_t sequence, first, rows,
        pairs;  // steps [first, first + rows), of which this many pairs are pooled

    Piece(const BlockShape& shape, std::int64_t index)
        : sequence(index / shape.pieces_each),
          first(index % shape.pieces_each * kRows),
          rows(std::min(kRows, shape.steps - first)),
          pairs(rows / 2) {}
};

torch::Tensor wrap(float* values, std::int64_t rows, std::int64_t columns) {
    return torch::from_blob(values, {rows, columns});
}

/// Collects what the kernel covers at each step of a piece, in one row per step (im2col).
/// @param input  [n, T, channels_in], contiguous, of any type   @param rows  [kRows, 3 * channels_in] of the
/// same
void gather(const torch::Tensor& input, const BlockShape& shape, const Piece& piece,
            const torch::Tensor& rows) {
    const auto step_bytes = static_cast<std::size_t>(shape.channels_in) * input.element_size();
    const auto* const sequence = static_cast<const char*>(input.data_ptr()) +
                                 static_cast<std::size_t>(piece.sequence * shape.steps_in) * step_bytes;
    auto* to = static_cast<char*>(rows.data_ptr());
    for (std::int64_t r = 0; r < piece.rows; ++r, to += kKernel * step_bytes) {
        const std::int64_t start = (piece.first + r) * shape.stride - kPadding;
        if (start >= 0 && start + kKernel <= shape.steps_in) {
            std::memcpy(to, sequence + static_cast<std::size_t>(start) * step_bytes, kKernel * step_bytes);
            continue;
        }
        for (std::int64_t tap = 0; tap < kKernel; ++tap) {
            const std::int64_t step = start + tap;
            char* const place = to + static_cast<std::size_t>(tap) * step_bytes;
            if (step < 0 || step >= shape.steps_in) {
                std::memset(place, 0, step_bytes);
            } else {
                std::memcpy(place, sequence + static_cast<std::size_t>(step) * step_bytes, step_bytes);
            }
        }
    }
}

/// Adds the rows of a piece to the steps that gather() took them from.
void scatter(const float* rows, const BlockShape& shape, const Piece& piece, float* sequence) {
    for (std::int64_t r = 0; r < piece.rows; ++r, rows += shape.columns()) {
        const std::int64_t start = (piece.first + r) * shape.stride - kPadding;
        const std::int64_t low = std::max<std::int64_t>(0, -start);
        const std::int64_t high = std::min(kKernel, shape.steps_in - start);
        float* const to = sequence + start * shape.channels_in;
        for (std::int64_t i = low * shape.channels_in; i < high * shape.channels_in; ++i) to[i] += rows[i];
    }
}

/// y = max(scale z + offset over two steps, 0).
void pool(const float* z, const float* scale, const float* offset, std::int64_t pairs, std::int64_t channels,
          float* y) {
    for (std::int64_t p = 0; p < pairs; ++p, z += 2 * channels, y += channels) {
        for (std::int64_t c = 0; c < channels; ++c) {
            const float a = scale[c] * z[c] + offset[c], b = scale[c] * z[channels + c] + offset[c];
            const float most = a > b ? a : b;
            y[c] = most > 0 ? most : 0;
        }
    }
}

/// The gradient of pool(): the slope goes to the higher of two steps, if that is above 0.
/// @param slopes  [pairs, channels]   @param passed  [2 pairs, channels], out
void unpool(const float* z, const float* scale, const float* offset, const float* slopes, std::int64_t pairs,
            std::int64_t channels, float* passed) {
    for (std::int64_t p = 0; p < pairs; ++p, z += 2 * channels, slopes += channels, passed += 2 * channels) {
        for (std::int64_t c = 0; c < channels; ++c) {
            const float a = scale[c] * z[c] + offset[c], b = scale[c] * z[channels + c] + offset[c];
            passed[c] = a >= b && a > 0 ? slopes[c] : 0;
            passed[channels + c] = b > a && b > 0 ? slopes[c] : 0;
        }
    }
}

/// Adds the sums over rows of x and of x y, for each channel.
void add_sums(const float* x, const float* y, std::int64_t rows, std::int64_t channels, double* sum,
              double* product) {
    std::vector<float> sums(
        static_cast<std::size_t>(2 * channels));  // of one piece, so float is precise enough
    float *const first = sums.data(), *const second = first + channels;
    for (std::int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
        for (std::int64_t c = 0; c < channels; ++c) {
            first[c] += x[c];
            second[c] += x[c] * y[c];
        }
    }
    for (std::int64_t c = 0; c < channels; ++c) {
        sum[c] += first[c];
        product[c] += second[c];
    }
}

/// Sums of each piece. Adding these up in order makes the total independent of threads.
class Sums {
 public:
    explicit Sums(const BlockShape& shape)
        : values_(torch::zeros({shape.pieces(), 2, shape.channels}, torch::kFloat64)) {}
    double* of(std::int64_t piece, std::int64_t which) {
        return values_.data_ptr<double>() + (2 * piece + which) * values_.size(2);
    }
    torch::Tensor total(std::int64_t which) const { return values_.select(1, which).sum(0); }

 private:
    torch::Tensor values_;
};

/// conv.weight [C', C, 3] as a matrix [3 C, C'], to multiply the rows of gather() with.
torch::Tensor matrix_of(const torch::Tensor& weight) {
    return weight.permute({2, 1, 0}).reshape({-1, weight.size(0)}).contiguous();
}

/// Convolution without bias, [n, steps, C']; also sums its values and their squares.
torch::Tensor convolve(const torch::Tensor& input, const torch::Tensor& matrix, const BlockShape& shape,
                       Sums& sums) {
    auto out = torch::empty({shape.sequences, shape.steps, shape.channels});
    float* const z = out.data_ptr<float>();
    for_pieces(shape.pieces(), [&](std::int64_t first, std::int64_t last) {
        auto room = torch::empty({kRows, shape.columns()}, input.options());
        for (std::int64_t i = first; i < last; ++i) {
            const Piece piece(shape, i);
            gather(input, shape, piece, room);
            float* const rows = z + (piece.sequence * shape.steps + piece.first) * shape.channels;
            auto place = wrap(rows, piece.rows, shape.channels);
            multiply(place, room.narrow(0, 0, piece.rows), matrix);
            add_sums(rows, rows, piece.rows, shape.channels, sums.of(i, 0), sums.of(i, 1));
        }
    });
    return out;
}

/// The whole block without gradients. The result of the convolution is never stored as a whole.
torch::Tensor infer(const torch::Tensor& input, const torch::Tensor& matrix, std::int64_t stride,
                    const torch::Tensor& scale, const torch::Tensor& offset) {
    const BlockShape shape(input, matrix, stride);
    auto out = torch::empty({shape.sequences, shape.pooled, shape.channels});
    const float *const by = scale.data_ptr<float>(), *const plus = offset.data_ptr<float>();
    float* const y = out.data_ptr<float>();
    for_pieces(shape.pieces(), [&](std::int64_t first, std::int64_t last) {
        auto room = torch::empty({kRows, shape.columns()}), z = torch::empty({kRows, shape.channels});
        for (std::int64_t i = first; i < last; ++i) {
            const Piece piece(shape, i);
            gather(input, shape, piece, room);
            auto place = z.narrow(0, 0, piece.rows);
            at::mm_out(place, room.narrow(0, 0, piece.rows), matrix);
            pool(z.data_ptr<float>(), by, plus, piece.pairs, shape.channels,
                 y + (piece.sequence * shape.pooled + piece.first / 2) * shape.channels);
        }
    });
    return out;
}

/// What the backward pass starts from.
struct Backward {
    torch::Tensor factors, z, scale, offset, mean, inverse;  // of the forward pass
    torch::Tensor matrix, slopes;                            // slopes [n, pooled, C']: of the result
    BlockShape shape;
    bool input_learns;

    const float* z_of(const Piece& piece) const {
        return z.data_ptr<float>() + (piece.sequence * shape.steps + piece.first) * shape.channels;
    }
    /// The gradient that reaches the normalisation. @param passed  [piece.rows, C'], out
    void unpool_to(float* passed, const Piece& piece) const {
        const auto pooled = piece.sequence * shape.pooled + piece.first / 2;
        unpool(z_of(piece), scale.data_ptr<float>(), offset.data_ptr<float>(),
               slopes.data_ptr<float>() + pooled * shape.channels, piece.pairs, shape.channels, passed);
        std::fill_n(passed + 2 * piece.pairs * shape.channels,
                    (piece.rows - 2 * piece.pairs) * shape.channels, 0.0F);
    }
};

/// Gradients of the normalisation: of its gain and its bias, and of z, which is linear in what reaches the
/// normalisation and in z: dz = scale passed + slant z + shift.
struct NormGradients {
    torch::Tensor gain, bias;    // [C']
    torch::Tensor slant, shift;  // float32 [C']
};

NormGradients norm_gradients(const Backward& at) {
    const BlockShape& shape = at.shape;
    Sums sums(shape);
    for_pieces(shape.pieces(), [&](std::int64_t first, std::int64_t last) {
        auto room = torch::empty({kRows, shape.channels});
        float* const passed = room.data_ptr<float>();
        for (std::int64_t i = first; i < last; ++i) {
            const Piece piece(shape, i);
            at.unpool_to(passed, piece);
            add_sums(passed, at.z_of(piece), piece.rows, shape.channels, sums.of(i, 0), sums.of(i, 1));
        }
    });
    const auto bias = sums.total(0);
    const auto gain = (sums.total(1) - at.mean * bias) * at.inverse;
    // dz = scale (g - sum g / N - normalised z * gain / N)
    const auto by_z = -(gain * at.inverse / shape.count());
    return {gain, bias, (at.scale * by_z).to(torch::kFloat32),
            (at.scale * (-bias / shape.count() - at.mean * by_z)).to(torch::kFloat32)};
}

/// values = scale values + slant z + shift, for each channel.
void add_linear(const float* z, const float* scale, const float* slant, const float* shift, std::int64_t rows,
                std::int64_t channels, float* values) {
    for (std::int64_t r = 0; r < rows; ++r, z += channels, values += channels) {
        for (std::int64_t c = 0; c < channels; ++c)
            values[c] = scale[c] * values[c] + slant[c] * z[c] + shift[c];
    }
}

/// Gradients of the convolution.
struct ProductGradients {
    torch::Tensor input;   // undefined unless it learns
    torch::Tensor matrix;  // [3 C, C']
};

ProductGradients product_gradients(const Backward& at, const NormGradients& norm) {
    const BlockShape& shape = at.shape;
    auto of_input = at.input_learns ? torch::zeros(at.factors.sizes()) : torch::Tensor();
    auto of_matrix = torch::empty({shape.sequences, shape.columns(), shape.channels});
    for_pieces(shape.sequences, [&](std::int64_t first, std::int64_t last) {
        auto room = torch::empty({kRows, shape.columns()}, at.factors.options());
        auto of_room = torch::empty({kRows, shape.columns()}), back = torch::empty({kRows, shape.channels});
        float* const dz = back.data_ptr<float>();
        for (std::int64_t i = first * shape.pieces_each; i < last * shape.pieces_each; ++i) {
            const Piece piece(shape, i);
            at.unpool_to(dz, piece);
            add_linear(at.z_of(piece), at.scale.data_ptr<float>(), norm.slant.data_ptr<float>(),
                       norm.shift.data_ptr<float>(), piece.rows, shape.channels, dz);
            const auto of_z = back.narrow(0, 0, piece.rows).to(at.factors.scalar_type());
            gather(at.factors, shape, piece, room);
            auto sum = of_matrix[piece.sequence];
            multiply(sum, room.narrow(0, 0, piece.rows).t(), of_z, 1, piece.first > 0);
            if (!at.input_learns) continue;
            auto of_rows = of_room.narrow(0, 0, piece.rows);
            multiply(of_rows, of_z, at.matrix.t());
            scatter(of_room.data_ptr<float>(), shape, piece,
                    of_input.data_ptr<float>() + piece.sequence * shape.steps_in * shape.channels_in);
        }
    });
    return {of_input, of_matrix.sum(0)};
}

class ConvBlock : public torch::autograd::Function<ConvBlock> {
 public:
    /// @param statistics  out: mean and variance of the batch, [2, C']
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input,
                                 const torch::Tensor& weight, const torch::Tensor& gain,
                                 const torch::Tensor& bias, std::int64_t stride, double epsilon,
                                 torch::Tensor statistics) {
        const bool rounded = multiplies_in_bfloat16() && kKernel * input.size(2) >= kLeastColumns;
        const auto factors = rounded ? input.to(torch::kBFloat16) : input;
        const auto matrix = matrix_of(weight).to(factors.scalar_type());
        const BlockShape shape(input, matrix, stride);
        Sums sums(shape);
        const auto z = convolve(factors, matrix, shape, sums);
        const auto mean = sums.total(0) / shape.count();
        const auto variance = (sums.total(1) / shape.count() - mean.square()).clamp_min(0);
        const auto inverse = (variance + epsilon).rsqrt();
        const auto scale = (inverse * gain).to(torch::kFloat32),
                   offset = (bias - mean * inverse * gain).to(torch::kFloat32);
        statistics[0].copy_(mean);
        statistics[1].copy_(variance);

        auto out = torch::empty({shape.sequences, shape.pooled, shape.channels});
        const float *const values = z.data_ptr<float>(), *const by = scale.data_ptr<float>();
        const float* const plus = offset.data_ptr<float>();
        float* const y = out.data_ptr<float>();
        for_pieces(shape.pieces(), [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i) {
                const Piece piece(shape, i);
                pool(values + (piece.sequence * shape.steps + piece.first) * shape.channels, by, plus,
                     piece.pairs, shape.channels,
                     y + (piece.sequence * shape.pooled + piece.first / 2) * shape.channels);
            }
        });
        context->save_for_backward({factors, weight, z, scale, offset, mean, inverse});
        context->saved_data["stride"] = stride;
        context->saved_data["input_learns"] = input.requires_grad();
        return out;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const torch::Tensor &factors = saved[0], &weight = saved[1];
        const auto matrix = matrix_of(weight).to(factors.scalar_type());
        const Backward at{factors,
                          saved[2],
                          saved[3],
                          saved[4],
                          saved[5],
                          saved[6],
                          matrix,
                          gradients[0].contiguous(),
                          BlockShape(factors, matrix, context->saved_data["stride"].toInt()),
                          context->saved_data["input_learns"].toBool()};
        const auto norm = norm_gradients(at);
        const auto product = product_gradients(at, norm);
        const auto of_weight = product.matrix.view({kKernel, at.shape.channels_in, at.shape.channels})
                                   .permute({2, 1, 0})
                                   .contiguous();
        return {product.input,
                of_weight,
                norm.gain.to(torch::kFloat32),
                norm.bias.to(torch::kFloat32),
                {},
                {},
                {}};
    }
};

}  // namespace

torch::Tensor conv_block(const torch::Tensor& input, const ConvBlockLayers& layers, bool learning) {
    const auto &weight = layers.conv[0], &conv_bias = layers.conv[1];
    const auto &gain = layers.norm[0], &bias = layers.norm[1];
    const auto stride = layers.stride;
    torch::Tensor mean = layers.norm[2], variance = layers.norm[3], batches = layers.norm[4];
    if (!learning) {
        const torch::NoGradGuard no_gradients;
        const auto scale = (gain * (variance + layers.epsilon).rsqrt()).contiguous();
        const auto offset = ((conv_bias - mean) * scale + bias).contiguous();
        return infer(input, matrix_of(weight), stride, scale, offset);
    }
    auto statistics = torch::empty({2, gain.size(0)}, torch::kFloat64);
    const auto out = ConvBlock::apply(input, weight, gain, bias, stride, layers.epsilon, statistics);
    const torch::NoGradGuard no_gradients;
    const double count = static_cast<double>(input.size(0) * ((input.size(1) - 1) / stride + 1));
    // The bias of the convolution only shifts the mean, and the normalisation subtracts it again.
    mean.mul_(1 - kBatchNormMomentum).add_(statistics[0].to(torch::kFloat32) + conv_bias, kBatchNormMomentum);
    variance.mul_(1 - kBatchNormMomentum)
        .add_(statistics[1].to(torch::kFloat32), kBatchNormMomentum * count / std::max(1.0, count - 1));
    batches += 1;
    return out;
}

}  // namespace earshot::network
