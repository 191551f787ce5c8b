#include "network/torch/attention_weights.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "network/softmax.h"
#include "network/torch/autocast.h"
#include "network/torch/pieces.h"

namespace earshot::network {
namespace {

constexpr std::int64_t kBlock = 128;  // queries at once: their scores should fit in the cache

/// Sizes of a call.
struct Heads {
    std::int64_t heads, steps, width;  // T, d

    Heads(const torch::Tensor& queries_keys, std::int64_t count)
        : heads(count), steps(queries_keys.size(1)), width(queries_keys.size(2) / 2 / count) {}

    float scale() const { return 1 / std::sqrt(static_cast<float>(width)); }
    /// [T, d] of one sequence and head, from [n, T, 2C].
    torch::Tensor queries(const torch::Tensor& all, std::int64_t piece) const {
        return all[piece / heads].narrow(1, piece % heads * width, width);
    }
    torch::Tensor keys(const torch::Tensor& all, std::int64_t piece) const {
        return all[piece / heads].narrow(1, (heads + piece % heads) * width, width);
    }
};

/// The factors of scores, in the type for their products.
struct Factors {
    torch::Tensor queries, keys;  // [T, d], queries over sqrt(d)

    Factors(const Heads& sizes, const torch::Tensor& all, std::int64_t piece, torch::ScalarType type)
        : queries((sizes.queries(all, piece) * sizes.scale()).to(type)),
          keys(sizes.keys(all, piece).to(type).contiguous()) {}

    /// Scores of `rows` queries from i on. @param room  workspace [at least rows, T]  @return  its used part
    torch::Tensor scores(std::int64_t i, std::int64_t rows, const torch::Tensor& room) const {
        auto scores = room.narrow(0, 0, rows);
        multiply(scores, queries.narrow(0, i, rows), keys.t());
        return scores;
    }
};

class MeanAttention : public torch::autograd::Function<MeanAttention> {
 public:
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& queries_keys,
                                 std::int64_t heads) {
        const Heads sizes(queries_keys, heads);
        const auto type = multiplies_in_bfloat16() ? torch::kBFloat16 : torch::kFloat32;
        const auto n = queries_keys.size(0);
        auto weights = torch::zeros({n, heads, sizes.steps});
        auto log_sums = torch::empty({n, heads, sizes.steps});
        float* const mean = weights.data_ptr<float>();
        float* const logs = log_sums.data_ptr<float>();
        for_pieces(n * heads, [&](std::int64_t first, std::int64_t last) {
            auto room = torch::empty({std::min(kBlock, sizes.steps), sizes.steps});
            for (std::int64_t piece = first; piece < last; ++piece) {
                const Factors factors(sizes, queries_keys, piece, type);
                for (std::int64_t i = 0; i < sizes.steps; i += kBlock) {
                    const auto rows = std::min(kBlock, sizes.steps - i);
                    const auto scores = factors.scores(i, rows, room);
                    softmax_kernels().add_up(scores.data_ptr<float>(), static_cast<std::size_t>(rows),
                                             static_cast<std::size_t>(sizes.steps),
                                             logs + piece * sizes.steps + i, mean + piece * sizes.steps);
                }
            }
        });
        context->save_for_backward({queries_keys, log_sums});
        context->saved_data["heads"] = heads;
        context->saved_data["type"] = static_cast<std::int64_t>(type);
        return weights.div_(static_cast<double>(sizes.steps));
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const torch::Tensor &queries_keys = saved[0], &log_sums = saved[1];
        const auto heads = context->saved_data["heads"].toInt();
        const auto type = static_cast<torch::ScalarType>(context->saved_data["type"].toInt());
        const Heads sizes(queries_keys, heads);
        // The weights are a mean over T queries.
        const auto slopes = (gradients[0] / static_cast<double>(sizes.steps)).contiguous();
        const float* const slope = slopes.data_ptr<float>();
        const float* const logs = log_sums.data_ptr<float>();
        auto result = torch::empty(queries_keys.sizes());
        for_pieces(queries_keys.size(0) * heads, [&](std::int64_t first, std::int64_t last) {
            auto room = torch::empty({std::min(kBlock, sizes.steps), sizes.steps});
            for (std::int64_t piece = first; piece < last; ++piece) {
                const Factors factors(sizes, queries_keys, piece, type);
                auto of_queries = sizes.queries(result, piece), of_keys = sizes.keys(result, piece);
                for (std::int64_t i = 0; i < sizes.steps; i += kBlock) {
                    const auto rows = std::min(kBlock, sizes.steps - i);
                    const auto scores = factors.scores(i, rows, room);
                    softmax_kernels().gradient(scores.data_ptr<float>(), static_cast<std::size_t>(rows),
                                               static_cast<std::size_t>(sizes.steps),
                                               logs + piece * sizes.steps + i, slope + piece * sizes.steps);
                    auto of_some = of_queries.narrow(0, i, rows);
                    const auto slopes_of_scores = scores.to(type);
                    multiply(of_some, slopes_of_scores, factors.keys, sizes.scale());
                    multiply(of_keys, slopes_of_scores.t(), factors.queries.narrow(0, i, rows), 1, i > 0);
                }
            }
        });
        return {result, {}};
    }
};

}  // namespace

torch::Tensor composed_mean_attention(const torch::Tensor& queries_keys, std::int64_t heads) {
    const Heads sizes(queries_keys, heads);
    // [n, T, 2C] to [2, n, heads, T, d].
    const auto parts = queries_keys.view({-1, sizes.steps, 2, heads, sizes.width}).permute({2, 0, 3, 1, 4});
    const auto scores = torch::matmul(parts[0] * sizes.scale(), parts[1].transpose(2, 3));
    return torch::softmax(scores, 3).mean(2);
}

torch::Tensor mean_attention(const torch::Tensor& queries_keys, std::int64_t heads) {
    if (!queries_keys.is_cpu()) return composed_mean_attention(queries_keys, heads);
    return MeanAttention::apply(queries_keys, heads);
}

}  // namespace earshot::network
