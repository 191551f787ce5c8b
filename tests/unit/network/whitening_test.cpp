#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "network/torch/discriminant.h"

namespace earshot::network {
namespace {

/// Rows of two classes, 4000 of the first and 1000 of the second, with one covariance.
struct Rows {
    torch::Tensor values, truths, mixing, apart;

    Rows() {
        torch::manual_seed(1);
        mixing = torch::tensor({{2.0, 0.0, 0.0}, {1.0, 0.5, 0.0}, {0.3, -0.2, 1.0}}, torch::kFloat64);
        apart = torch::tensor({1.0, 0.0, 2.0}, torch::kFloat64);
        truths = (torch::arange(5000) % 5 == 4).to(torch::kInt64);
        values = torch::randn({5000, 3}, torch::kFloat64).mm(mixing.t()) + truths.unsqueeze(1) * apart + 7;
    }
    LabelledStream stream() const {
        return [this](const LabelledSink& sink) { sink(values, truths); };
    }
};

TEST(Whitening, makes_the_covariance_within_classes_the_identity) {
    const Rows rows;
    const Whitening found = fit_whitening(rows.stream(), 2, 3);
    const auto white = rows.values.mm(found.weight.t()) + found.bias;
    auto within = torch::zeros({3, 3}, torch::kFloat64), middle = torch::zeros({3}, torch::kFloat64);
    for (int c = 0; c < 2; ++c) {
        const auto some = white.index({rows.truths == c});
        const auto centred = some - some.mean(0);
        within += centred.t().mm(centred) / some.size(0) / 2;
        middle += some.mean(0) / 2;
    }
    EXPECT_LT((within - torch::eye(3, torch::kFloat64)).abs().max().item<double>(), 0.01);
    EXPECT_LT(middle.abs().max().item<double>(), 1e-9);
}

// What tells two classes with one covariance apart is S^-1 (m1 - m0) (Fisher 1936).
TEST(Whitening, keeps_the_direction_in_which_classes_differ) {
    const Rows rows;
    const Whitening found = fit_whitening(rows.stream(), 2, 1);
    ASSERT_EQ(found.weight.sizes(), (std::vector<std::int64_t>{1, 3}));
    const auto fisher = rows.mixing.mm(rows.mixing.t()).inverse().mv(rows.apart);
    const double cosine =
        (found.weight[0].dot(fisher) / found.weight[0].norm() / fisher.norm()).item<double>();
    EXPECT_GT(std::abs(cosine), 0.999);
}

TEST(Whitening, of_single_examples_keeps_their_directions_and_no_others) {
    const auto values = torch::tensor({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}}, torch::kFloat64);
    const auto truths = torch::tensor({0, 1}, torch::kInt64);
    const Whitening found = fit_whitening([&](const LabelledSink& sink) { sink(values, truths); }, 2, 3);
    const auto white = values.mm(found.weight.t()) + found.bias;
    EXPECT_NEAR((white[0] - white[1]).norm().item<double>(), std::sqrt(2), 1e-9);
    EXPECT_EQ((found.weight.abs().amax(1) > 0).sum().item<std::int64_t>(), 1);  // two points are on a line
}

}  // namespace
}  // namespace earshot::network
