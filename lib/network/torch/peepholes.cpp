#include "network/torch/peepholes.h"

#include "network/torch/attention_weights.h"
#include "network/torch/conv_block.h"
#include "network/torch/operations.h"

namespace earshot::network {
namespace {

using Tensor = torch::Tensor;

/// Layer normalisation and a linear layer while learning: scale and shift become part of the layer's weights,
/// so that no gradient passes through it to values that need none. It saves a third of the work if this layer
/// is by far the largest.
std::size_t norm_then_linear(const Chain& chain, Tensor& value) {
    const auto* norm = chain.get<op::LayerNorm>(0);
    const auto* linear = chain.get<op::Linear>(1);
    if (!norm || !linear || !chain.training || norm->dimensions != 1 || value.requires_grad()) return 0;
    const auto affine = chain.weights(0), weights = chain.weights(1);
    const auto shift =
        linear->bias ? torch::addmv(weights[1], weights[0], affine[1]) : torch::mv(weights[0], affine[1]);
    value = apply_linear(torch::layer_norm(value, affine[0].sizes(), {}, {}, norm->epsilon),
                         weights[0] * affine[0], shift);
    return 2;
}

/// Convolution over time, batch normalisation, ReLU and the maximum of each two steps: conv_block().
std::size_t convolution_block(const Chain& chain, Tensor& value) {
    const auto* conv = chain.get<op::Conv>(0);
    const auto* norm = chain.get<op::BatchNorm>(1);
    const auto* function = chain.get<op::Pointwise>(2);
    const auto* pool = chain.get<op::Pool>(3);
    if (!conv || !norm || !function || !pool || !value.is_cpu() || value.scalar_type() != torch::kFloat32)
        return 0;
    const bool fits = conv->kernel == Shape{3} && conv->padding == Shape{1, 1} &&
                      conv->padding_kind == op::Conv::Padding::zeros && conv->dilation == Shape{1} &&
                      conv->groups == 1 && conv->bias &&
                      function->function == op::Pointwise::Function::relu &&
                      pool->kind == op::Pool::Kind::max && pool->kernel == Shape{2} &&
                      pool->stride == Shape{2} && pool->padding == Shape{0, 0};
    if (!fits) return 0;
    const ConvBlockLayers layers{chain.weights(0), chain.weights(1), conv->stride[0], norm->epsilon};
    value = conv_block(value.transpose(1, 2).contiguous(), layers, chain.training).transpose(1, 2);
    return 4;
}

/// Convolution and batch normalisation, merged into one convolution once the network has learnt.
std::size_t convolution_and_norm(const Chain& chain, Tensor& value) {
    const auto* conv = chain.get<op::Conv>(0);
    const auto* norm = chain.get<op::BatchNorm>(1);
    if (!conv || !norm || chain.training) return 0;
    const auto weights = chain.weights(0), norms = chain.weights(1);
    const auto scale = norms[0] / (norms[3] + norm->epsilon).sqrt();
    auto offset = norms[1] - norms[2] * scale;
    if (conv->bias) offset = offset + weights[1] * scale;
    std::vector<std::int64_t> of_channel(static_cast<std::size_t>(weights[0].dim()), 1);
    of_channel[0] = -1;
    value = apply_conv(*conv, value, weights[0] * scale.view(of_channel), offset);
    return 2;
}

/// Self-attention, averaged over time: [n, T, C] to [n, C]. The average comes before the products with the
/// weights of values and output, which is cheaper and, as all of these are linear, the same.
std::size_t attention_then_mean(const Chain& chain, Tensor& value) {
    const auto* attention = chain.get<op::Attention>(0);
    const auto* reduce = chain.get<op::Reduce>(1);
    if (!attention || !reduce || value.scalar_type() != torch::kFloat32) return 0;
    if (reduce->kind != op::Reduce::Kind::mean || reduce->axes != Shape{0} || reduce->keep) return 0;
    const auto weights = chain.weights(0);
    const Tensor &weight = weights[0], &bias = weights[1];
    const auto steps = value.contiguous();
    const auto n = steps.size(0), width = steps.size(2), heads = attention->heads;
    const auto queries_keys =
        torch::addmm(bias.slice(0, 0, 2 * width), steps.view({-1, width}), weight.slice(0, 0, 2 * width).t());
    const auto attended = mean_attention(queries_keys.view({n, -1, 2 * width}), heads);
    const auto seen = torch::bmm(attended, steps).transpose(0, 1);  // [heads, n, C]
    const auto of_heads = weight.slice(0, 2 * width).view({heads, -1, width}).transpose(1, 2);
    const auto values =
        torch::bmm(seen, of_heads).transpose(0, 1).reshape({n, width}) + bias.slice(0, 2 * width);
    value = apply_linear(values, weights[2], weights[3]);
    return 2;
}

}  // namespace

std::size_t take_shortcut(const Chain& chain, Tensor& value) {
    for (const auto shortcut :
         {norm_then_linear, convolution_block, convolution_and_norm, attention_then_mean}) {
        if (const std::size_t nodes = shortcut(chain, value)) return nodes;
    }
    return 0;
}

}  // namespace earshot::network
