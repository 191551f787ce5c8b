#pragma once

// What operations compute, from their definitions and for one window.

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <vector>

#include "network/ops.h"
#include "network/torch/libtorch.h"

namespace earshot::network {

using Tensor = torch::Tensor;
using Tensors = std::vector<Tensor>;

inline double at(const Tensor& tensor, std::initializer_list<std::int64_t> place) {
    Tensor value = tensor;
    for (const auto i : place) value = value[i];
    return value.item<double>();
}

inline Tensor each(const Tensor& x, const std::function<double(double)>& function) {
    Tensor out = x.detach().clone();
    double* values = out.data_ptr<double>();
    for (std::int64_t i = 0; i < out.numel(); ++i) values[i] = function(values[i]);
    return out;
}

inline double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// Where an index that lies outside reads from; -1: nowhere.
inline std::int64_t source(std::int64_t i, std::int64_t size, op::Conv::Padding kind) {
    using P = op::Conv::Padding;
    if (i >= 0 && i < size) return i;
    if (kind == P::zeros) return -1;
    if (kind == P::edge) return i < 0 ? 0 : size - 1;
    return i < 0 ? -i : 2 * (size - 1) - i;
}

/// Cross-correlation [C, H, W] by its sums; one dimension is a height of 1.
inline Tensor convolved(op::Conv conv, Tensor x, Tensor weight, const Tensor& bias) {
    const bool flat = conv.kernel.size() == 1;
    if (flat) {
        x = x.unsqueeze(1);
        weight = weight.unsqueeze(2);
        for (Shape* numbers : {&conv.kernel, &conv.stride, &conv.dilation})
            numbers->insert(numbers->begin(), 1);
        conv.padding.insert(conv.padding.begin(), {0, 0});
    }
    const auto outputs = [&](std::size_t d) {
        return (x.size(static_cast<std::int64_t>(d) + 1) + conv.padding[2 * d] + conv.padding[2 * d + 1] -
                (conv.kernel[d] - 1) * conv.dilation[d] - 1) /
                   conv.stride[d] +
               1;
    };
    Tensor out = torch::zeros({conv.channels, outputs(0), outputs(1)}, torch::kFloat64);
    const auto each_in = x.size(0) / conv.groups, each_out = conv.channels / conv.groups;
    for (std::int64_t c = 0; c < conv.channels; ++c) {
        for (std::int64_t i = 0; i < out.size(1); ++i) {
            for (std::int64_t j = 0; j < out.size(2); ++j) {
                double sum = bias.defined() ? at(bias, {c}) : 0;
                for (std::int64_t k = 0; k < each_in; ++k) {
                    for (std::int64_t a = 0; a < conv.kernel[0]; ++a) {
                        for (std::int64_t b = 0; b < conv.kernel[1]; ++b) {
                            const auto row =
                                source(i * conv.stride[0] + a * conv.dilation[0] - conv.padding[0], x.size(1),
                                       conv.padding_kind);
                            const auto column =
                                source(j * conv.stride[1] + b * conv.dilation[1] - conv.padding[2], x.size(2),
                                       conv.padding_kind);
                            if (row >= 0 && column >= 0)
                                sum += at(weight, {c, k, a, b}) *
                                       at(x, {c / each_out * each_in + k, row, column});
                        }
                    }
                }
                out[c][i][j] = sum;
            }
        }
    }
    return flat ? out.squeeze(1) : out;
}

inline Tensor pooled(const op::Pool& pool, const Tensor& x) {
    const bool flat = pool.kernel.size() == 1;
    const Tensor map = flat ? x.unsqueeze(1) : x;
    const auto number = [&](const Shape& numbers, std::size_t d, std::int64_t usual) {
        return flat ? (d == 0 ? usual : numbers[0]) : numbers[d];
    };
    const auto before = [&](std::size_t d) {
        return flat ? (d == 0 ? 0 : pool.padding[0]) : pool.padding[2 * d];
    };
    const auto after = [&](std::size_t d) {
        return flat ? (d == 0 ? 0 : pool.padding[1]) : pool.padding[2 * d + 1];
    };
    const auto outputs = [&](std::size_t d) {
        return (map.size(static_cast<std::int64_t>(d) + 1) + before(d) + after(d) -
                number(pool.kernel, d, 1)) /
                   number(pool.stride, d, 1) +
               1;
    };
    Tensor out = torch::zeros({map.size(0), outputs(0), outputs(1)}, torch::kFloat64);
    for (std::int64_t c = 0; c < out.size(0); ++c) {
        for (std::int64_t i = 0; i < out.size(1); ++i) {
            for (std::int64_t j = 0; j < out.size(2); ++j) {
                double sum = 0, most = -INFINITY;
                int count = 0;
                for (std::int64_t a = 0; a < number(pool.kernel, 0, 1); ++a) {
                    for (std::int64_t b = 0; b < number(pool.kernel, 1, 1); ++b) {
                        const auto row = i * number(pool.stride, 0, 1) + a - before(0);
                        const auto column = j * number(pool.stride, 1, 1) + b - before(1);
                        if (row < 0 || column < 0 || row >= map.size(1) || column >= map.size(2)) continue;
                        const double value = at(map, {c, row, column});
                        sum += value;
                        most = std::max(most, value);
                        ++count;
                    }
                }
                out[c][i][j] = pool.kind == op::Pool::Kind::max ? most : sum / count;
            }
        }
    }
    return flat ? out.squeeze(1) : out;
}

/// Rows of a matrix less their mean, over their deviation.
inline Tensor normalised(const Tensor& rows) {
    const auto mean = rows.mean(1, true);
    return (rows - mean) / ((rows - mean).square().mean(1, true) + 1e-5).sqrt();
}

/// One direction of a GRU, from its formulas. @param w  weight_ih, weight_hh, bias_ih, bias_hh
inline Tensor recurrent(const Tensor& x, const Tensors& w, std::int64_t hidden, bool backwards) {
    Tensor h = torch::zeros({hidden}, torch::kFloat64);
    Tensor out = torch::zeros({x.size(0), hidden}, torch::kFloat64);
    for (std::int64_t i = 0; i < x.size(0); ++i) {
        const auto t = backwards ? x.size(0) - 1 - i : i;
        const auto a = (torch::mv(w[0], x[t]) + w[2]).view({3, hidden}),
                   b = (torch::mv(w[1], h) + w[3]).view({3, hidden});
        const auto reset = torch::sigmoid(a[0] + b[0]), update = torch::sigmoid(a[1] + b[1]);
        h = (1 - update) * torch::tanh(a[2] + reset * b[2]) + update * h;
        out[t] = h;
    }
    return out;
}

inline Tensor attended(const Tensor& x, const Tensors& w, std::int64_t heads) {
    const auto width = x.size(1) / heads;
    const auto all = x.mm(w[0].t()) + w[1];
    Tensors parts;
    for (std::int64_t h = 0; h < heads; ++h) {
        const auto part = [&](std::int64_t which) {
            return all.narrow(1, which * x.size(1) + h * width, width);
        };
        const auto scores = part(0).mm(part(1).t()) / std::sqrt(static_cast<double>(width));
        parts.push_back(torch::softmax(scores, 1).mm(part(2)));
    }
    return torch::cat(parts, 1).mm(w[2].t()) + w[3];
}

}  // namespace earshot::network
