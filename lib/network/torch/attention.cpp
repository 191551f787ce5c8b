#include "network/torch/attention.h"

#include <fmt/format.h>
#include <torch/nn/modules/activation.h>

#include <vector>

#include "network/architecture.h"
#include "network/torch/attention_weights.h"
#include "network/torch/conv_block.h"
#include "network/torch/dense_layers.h"
#include "support/error.h"

namespace earshot::network {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kAttentionKernel = 3;

struct AttentionSettings {
    std::vector<std::int64_t> channels;  // channels of the input, then of each convolution
    std::vector<std::int64_t> strides;
    std::int64_t heads;
    std::vector<std::int64_t> sizes;  // channels of the last convolution, then of each dense layer
    double dropout;
};

/// The sequence that the network sees.
struct Sequence {
    std::int64_t steps, channels;
    explicit Sequence(const InputShape& shape)
        : steps(shape.frames == 1 ? shape.bands : shape.steps),
          channels(shape.frames == 1 ? shape.planes() : shape.planes() * shape.bands) {}
};

AttentionSettings read_attention_settings(const Json& architecture) {
    const NetworkOptions layers =
        read_layers(architecture, {"channels", "strides", "heads", "hidden", "dropout"});
    AttentionSettings settings{*layers.channels, *layers.strides, *layers.heads, *layers.hidden,
                               layers.dropout};
    const Sequence sequence(input_shape(architecture));
    if (settings.strides.size() != settings.channels.size()) {
        throw Error(fmt::format(
            "architecture: \"channels\" has {} numbers, but \"strides\" has {} (give one of each per layer)",
            settings.channels.size(), settings.strides.size()));
    }
    std::int64_t steps = sequence.steps;
    for (const auto stride : settings.strides) steps = steps > 0 ? pooled_steps(steps, stride) : 0;
    if (steps < 1) {
        throw Error(fmt::format(
            "architecture: {} steps are too few for these strides (give longer windows, or fewer layers)",
            sequence.steps));
    }
    const std::int64_t width = settings.channels.back();
    if (width % settings.heads != 0) {
        throw Error(
            fmt::format("architecture: {} channels cannot be divided among {} heads", width, settings.heads));
    }
    settings.channels.insert(settings.channels.begin(), sequence.channels);
    if (settings.sizes.empty()) throw Error("architecture: \"hidden\" should be a list of at least 1 number");
    settings.sizes.insert(settings.sizes.begin(), width);
    return settings;
}

class Attention : public Network {
 public:
    explicit Attention(const Json& architecture) : Network(architecture) {
        const auto settings = read_attention_settings(architecture);
        heads_ = settings.heads;
        const auto& channels = settings.channels;
        for (std::size_t i = 1; i < channels.size(); ++i) {
            const auto options = torch::nn::Conv1dOptions(channels[i - 1], channels[i], kAttentionKernel)
                                     .stride(settings.strides[i - 1])
                                     .padding(kAttentionKernel / 2);
            convolutions_.push_back(register_module(fmt::format("conv_{}", i), torch::nn::Conv1d(options)));
            norms_.push_back(
                register_module(fmt::format("conv_{}_norm", i), torch::nn::BatchNorm1d(channels[i])));
        }
        attention_ = register_module("attention", torch::nn::MultiheadAttention(channels.back(), heads_));
        dense_ = DenseLayers(*this, settings.sizes, settings.dropout);
        add_output(settings.sizes.back());
    }

    bool gains_from_bfloat16() const override { return true; }

 protected:
    torch::Tensor embedding(const torch::Tensor& features) override {
        auto steps = sequence(features);
        for (std::size_t i = 0; i < convolutions_.size(); ++i)
            steps = conv_block(steps, convolutions_[i], norms_[i]);
        return dense_.forward(attended(steps), is_training());
    }

 private:
    /// [n, planes, steps, bands] to [n, T, channels].
    torch::Tensor sequence(const torch::Tensor& features) const {
        const auto n = features.size(0);
        if (input().shape().frames == 1)
            return features.view({n, features.size(1), -1}).transpose(1, 2).contiguous();
        return features.transpose(1, 2).reshape({n, features.size(2), -1}).contiguous();
    }

    /// Self-attention, averaged over time: [n, T, C] to [n, C]. The average comes before the products with
    /// the weights of values and output, which is cheaper and, as all of these are linear, the same.
    torch::Tensor attended(const torch::Tensor& steps) {
        const auto n = steps.size(0), width = steps.size(2);
        const auto weight = attention_->in_proj_weight, bias = attention_->in_proj_bias;
        const auto queries_keys = torch::addmm(bias.slice(0, 0, 2 * width), steps.view({-1, width}),
                                               weight.slice(0, 0, 2 * width).t());
        const auto weights = mean_attention(queries_keys.view({n, -1, 2 * width}), heads_);
        const auto seen = torch::bmm(weights, steps).transpose(0, 1);  // [heads, n, C]
        const auto of_heads = weight.slice(0, 2 * width).view({heads_, -1, width}).transpose(1, 2);
        const auto values =
            torch::bmm(seen, of_heads).transpose(0, 1).reshape({n, width}) + bias.slice(0, 2 * width);
        return attention_->out_proj(values);
    }

    std::int64_t heads_;
    std::vector<torch::nn::Conv1d> convolutions_;
    std::vector<torch::nn::BatchNorm1d> norms_;
    torch::nn::MultiheadAttention attention_{nullptr};
    DenseLayers dense_;
};

}  // namespace

std::int64_t attention_weight_count(const Json& architecture) {
    const auto settings = read_attention_settings(architecture);
    const auto& [channels, sizes] = std::tie(settings.channels, settings.sizes);
    std::int64_t count = InputLayer::weight_count(architecture);
    for (std::size_t i = 1; i < channels.size(); ++i) {
        // Kernel and bias; scale, offset, mean and variance of each channel; and how many batches have been
        // seen.
        count += kAttentionKernel * channels[i - 1] * channels[i] + 5 * channels[i] + 1;
    }
    count += 4 * (channels.back() + 1) * channels.back();
    return count + DenseLayers::weight_count(sizes) + (sizes.back() + 1) * Answer(architecture).outputs();
}

std::shared_ptr<Network> make_attention(const Json& architecture) {
    return std::make_shared<Attention>(architecture);
}

}  // namespace earshot::network
