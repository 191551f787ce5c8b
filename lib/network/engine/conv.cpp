#include <algorithm>
#include <cmath>
#include <cstring>

#include "network/engine/product.h"
#include "network/engine/step.h"

namespace earshot::network::engine {
namespace {

/// How a convolution lies along one dimension. Padded input of stride s is split into s phases, so that the
/// values that neighbouring results need are neighbours too.
struct Axis {
    std::int64_t size, kernel, stride, dilation, before, after, out;
    std::int64_t phase_size() const { return (size + before + after + stride - 1) / stride; }
};

/// Where a padded place takes its value from; -1: zero.
std::int64_t source_of(std::int64_t place, const Axis& axis, op::Conv::Padding padding) {
    const std::int64_t at = place - axis.before, last = axis.size - 1;
    if (at >= 0 && at <= last) return at;
    if (padding == op::Conv::Padding::zeros) return -1;
    if (padding == op::Conv::Padding::edge) return std::clamp<std::int64_t>(at, 0, last);
    return at < 0 ? -at : 2 * last - at;
}

/// A convolution as a product of its kernels [channels, inputs x kernel] and, for a block of places at a
/// time, of what each of them sees [inputs x kernel, places]. Places run through padded rows without a break;
/// what lies between the ends of rows is computed and left out.
class Conv : public Step {
 public:
    Conv(const op::Conv& conv, const Shape& in, std::vector<float> weight, std::vector<float> bias, bool relu)
        : channels_(static_cast<std::size_t>(conv.channels)),
          inputs_(static_cast<std::size_t>(in[0])),
          groups_(static_cast<std::size_t>(conv.groups)),
          relu_(relu),
          bias_(std::move(bias)) {
        const bool flat = in.size() == 2;
        const auto axis = [&](std::size_t d) {
            Axis made{in[d + 1],
                      conv.kernel[d],
                      conv.stride[d],
                      conv.dilation[d],
                      conv.padding[2 * d],
                      conv.padding[2 * d + 1],
                      0};
            made.out =
                (made.size + made.before + made.after - (made.kernel - 1) * made.dilation - 1) / made.stride +
                1;
            return made;
        };
        rows_ = flat ? Axis{1, 1, 1, 1, 0, 0, 1} : axis(0);
        bands_ = axis(flat ? 0 : 1);
        for (std::int64_t place = 0; place < rows_.phase_size() * rows_.stride; ++place)
            row_sources_.push_back(place < rows_.size + rows_.before + rows_.after
                                       ? source_of(place, rows_, conv.padding_kind)
                                       : -1);
        for (std::int64_t place = 0; place < bands_.phase_size() * bands_.stride; ++place)
            band_sources_.push_back(place < bands_.size + bands_.before + bands_.after
                                        ? source_of(place, bands_, conv.padding_kind)
                                        : -1);
        take_offsets();
        const std::size_t each = channels_ / groups_, depth = offsets_.size();
        for (std::size_t group = 0; group < groups_; ++group)
            weight_.push_back(
                pack_rows(std::span(weight).subspan(group * each * depth, each * depth), each, depth));
    }

    std::size_t scratch_values() const override {
        const auto& kernels = product_kernels();
        return padded_values() + kernels.columns + (offsets_.size() + channels_ / groups_) * kernels.columns;
    }

    void run(std::span<const float* const> in, float* out, std::int64_t windows,
             float* scratch) const override {
        const std::size_t in_values = inputs_ * static_cast<std::size_t>(rows_.size * bands_.size);
        const std::size_t out_values = channels_ * static_cast<std::size_t>(rows_.out * bands_.out);
        for (std::size_t window = 0; window < static_cast<std::size_t>(windows); ++window) {
            pad(in[0] + window * in_values, scratch);
            for (std::size_t group = 0; group < groups_; ++group)
                convolve(group, scratch, out + window * out_values);
        }
    }

 private:
    std::size_t plane_values() const {  // of one input, padded
        return static_cast<std::size_t>(rows_.phase_size() * rows_.stride * bands_.phase_size() *
                                        bands_.stride);
    }
    std::size_t padded_values() const { return inputs_ * plane_values(); }

    /// Where the first place's value for each input and kernel element is.
    void take_offsets() {
        const std::int64_t row = bands_.phase_size(), phase = rows_.phase_size() * row;
        for (std::size_t input = 0; input < inputs_ / groups_; ++input) {
            for (std::int64_t y = 0; y < rows_.kernel; ++y) {
                for (std::int64_t x = 0; x < bands_.kernel; ++x) {
                    const std::int64_t down = y * rows_.dilation, right = x * bands_.dilation;
                    const std::int64_t at = down % rows_.stride * bands_.stride + right % bands_.stride;
                    offsets_.push_back(input * plane_values() +
                                       static_cast<std::size_t>(at * phase + down / rows_.stride * row +
                                                                right / bands_.stride));
                }
            }
        }
    }

    /// [inputs, rows, bands] to [inputs, row phase, band phase, rows of a phase, bands of a phase].
    void pad(const float* in, float* padded) const {
        for (std::size_t input = 0; input < inputs_; ++input, in += rows_.size * bands_.size) {
            for (std::int64_t row_phase = 0; row_phase < rows_.stride; ++row_phase) {
                for (std::int64_t band_phase = 0; band_phase < bands_.stride; ++band_phase) {
                    for (std::int64_t row = 0; row < rows_.phase_size(); ++row)
                        padded = pad_row(
                            in, row_sources_[static_cast<std::size_t>(row * rows_.stride + row_phase)],
                            band_phase, padded);
                }
            }
        }
    }

    float* pad_row(const float* in, std::int64_t source, std::int64_t phase, float* padded) const {
        const std::int64_t count = bands_.phase_size();
        if (source < 0) return std::fill_n(padded, count, 0.0F);
        const float* from = in + source * bands_.size;
        const std::int64_t* sources = band_sources_.data() + phase;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::int64_t at = sources[i * bands_.stride];
            padded[i] = at < 0 ? 0.0F : from[at];
        }
        return padded + count;
    }

    void convolve(std::size_t group, float* padded, float* out) const {
        const auto& kernels = product_kernels();
        const std::size_t each = channels_ / groups_, block = kernels.columns;
        const auto row = static_cast<std::size_t>(bands_.phase_size()),
                   used = static_cast<std::size_t>(bands_.out);
        const auto rows = static_cast<std::size_t>(rows_.out);
        const std::size_t places = (rows - 1) * row + used;
        const float* from = padded + group * inputs_ / groups_ * plane_values();
        float* const seen = padded + padded_values() + block;
        float* const result = seen + offsets_.size() * block;
        Product product;
        product.a_row = 1;
        product.a_step = static_cast<std::ptrdiff_t>(kernels.rows);
        product.b = seen;
        product.b_step = static_cast<std::ptrdiff_t>(block);
        product.depth = offsets_.size();
        product.rectify = relu_;
        const bool direct = rows == 1;  // no breaks between rows to leave out
        for (std::size_t place = 0; place < places; place += block) {
            for (std::size_t k = 0; k < offsets_.size(); ++k)
                std::memcpy(seen + k * block, from + offsets_[k] + place, block * sizeof(float));
            product.columns = std::min(block, places - place);
            product.out_row = static_cast<std::ptrdiff_t>(direct ? used : block);
            for (std::size_t channel = 0; channel < each; channel += kernels.rows) {
                product.rows = std::min(kernels.rows, each - channel);
                product.a = weight_[group].data() + channel * product.depth;
                product.row_bias = bias_.data() + group * each + channel;
                product.out =
                    direct ? out + (group * each + channel) * used + place : result + channel * block;
                kernels.multiply(product);
            }
            if (!direct) take_rows(result, place, product.columns, group, out);
        }
    }

    /// Copies places of rows from blocks [channels, block] to out [channels, rows, bands].
    void take_rows(const float* result, std::size_t place, std::size_t count, std::size_t group,
                   float* out) const {
        const std::size_t each = channels_ / groups_, block = product_kernels().columns;
        const auto row = static_cast<std::size_t>(bands_.phase_size()),
                   used = static_cast<std::size_t>(bands_.out);
        const std::size_t plane = static_cast<std::size_t>(rows_.out) * used;
        for (std::size_t at = place; at < place + count;) {
            const std::size_t line = at / row, column = at % row;
            const std::size_t stop = std::min(place + count, (line + 1) * row);
            if (column < used) {
                const std::size_t run = std::min(stop - at, used - column);
                for (std::size_t channel = 0; channel < each; ++channel)
                    std::memcpy(out + (group * each + channel) * plane + line * used + column,
                                result + channel * block + at - place, run * sizeof(float));
            }
            at = stop;
        }
    }

    std::size_t channels_, inputs_, groups_;
    bool relu_;
    Axis rows_{}, bands_{};
    std::vector<std::int64_t> row_sources_, band_sources_;
    std::vector<std::size_t> offsets_;
    std::vector<std::vector<float>> weight_;  // of each group
    std::vector<float> bias_;
};

}  // namespace

StepPointer make_conv(const op::Conv& conv, const Node& node, const Shape& in, const Fused& fused,
                      const Weights& weights) {
    const auto given = weights[node.name + ".weight"];
    std::vector<float> weight(given.begin(), given.end());
    const auto channels = static_cast<std::size_t>(conv.channels);
    std::vector<float> bias(channels);
    if (conv.bias) std::ranges::copy(weights[node.name + ".bias"], bias.begin());
    if (fused.batch_norm != nullptr) {
        const std::string& name = fused.batch_norm->name;
        const auto scale = weights[name + ".weight"], shift = weights[name + ".bias"];
        const auto mean = weights[name + ".running_mean"], variance = weights[name + ".running_var"];
        const double epsilon = std::get<op::BatchNorm>(fused.batch_norm->op).epsilon;
        const std::size_t each = weight.size() / channels;
        for (std::size_t c = 0; c < channels; ++c) {
            const double factor = scale[c] / std::sqrt(variance[c] + epsilon);
            for (float& value : std::span(weight).subspan(c * each, each))
                value = static_cast<float>(value * factor);
            bias[c] = static_cast<float>((bias[c] - mean[c]) * factor + shift[c]);
        }
    }
    return std::make_unique<Conv>(conv, in, std::move(weight), std::move(bias), fused.relu);
}

}  // namespace earshot::network::engine
