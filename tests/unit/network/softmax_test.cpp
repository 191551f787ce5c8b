#include "network/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace earshot::network {
namespace {

struct Case {
    std::size_t rows, columns;
    std::vector<float> scores, slope;
};

Case random_case(std::size_t rows, std::size_t columns, double spread) {
    std::mt19937 random(static_cast<unsigned>(rows * 7919 + columns));
    std::normal_distribution<double> normal;
    Case made{rows, columns, std::vector<float>(rows * columns), std::vector<float>(columns)};
    for (float& value : made.scores) value = static_cast<float>(spread * normal(random));
    for (float& value : made.slope) value = static_cast<float>(normal(random));
    return made;
}

/// The softmax of a row in double precision.
std::vector<double> weights_of(const Case& made, std::size_t row) {
    const float* scores = made.scores.data() + row * made.columns;
    const double most = *std::max_element(scores, scores + made.columns);
    std::vector<double> weights;
    double sum = 0;
    for (std::size_t j = 0; j < made.columns; ++j) sum += weights.emplace_back(std::exp(scores[j] - most));
    for (double& weight : weights) weight /= sum;
    return weights;
}

class Softmax : public testing::TestWithParam<const SoftmaxKernels*> {};

TEST_P(Softmax, is_that_of_the_formula_whatever_the_width) {
    for (const std::size_t columns : {1, 2, 3, 7, 8, 15, 16, 17, 33, 1378}) {
        for (const double spread : {0.0, 1.0, 30.0, 1000.0}) {
            Case made = random_case(5, columns, spread);
            std::vector<double> mean(columns);
            for (std::size_t i = 0; i < made.rows; ++i) {
                const auto weights = weights_of(made, i);
                for (std::size_t j = 0; j < columns; ++j) mean[j] += weights[j];
            }
            auto spoilt = made.scores;
            std::vector<float> log_sums(made.rows), sums(columns);
            GetParam()->add_up(spoilt.data(), made.rows, columns, log_sums.data(), sums.data());
            for (std::size_t j = 0; j < columns; ++j) {
                ASSERT_NEAR(sums[j], mean[j], 2e-6) << columns << " columns, spread " << spread;
            }
        }
    }
}

TEST_P(Softmax, gradient_is_that_of_the_formula) {
    for (const std::size_t columns : {1, 3, 16, 21, 1378}) {
        Case made = random_case(4, columns, 2);
        auto spoilt = made.scores;
        std::vector<float> log_sums(made.rows), sums(columns);
        GetParam()->add_up(spoilt.data(), made.rows, columns, log_sums.data(), sums.data());
        auto slopes = made.scores;
        GetParam()->gradient(slopes.data(), made.rows, columns, log_sums.data(), made.slope.data());
        for (std::size_t i = 0; i < made.rows; ++i) {
            const auto weights = weights_of(made, i);
            double mean = 0;
            for (std::size_t j = 0; j < columns; ++j) mean += weights[j] * made.slope[j];
            for (std::size_t j = 0; j < columns; ++j) {
                ASSERT_NEAR(slopes[i * columns + j], weights[j] * (made.slope[j] - mean), 3e-6) << columns;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllProcessors, Softmax, testing::ValuesIn(all_softmax_kernels()),
                         [](const auto& kernels) {
                             std::string name = kernels.param->name;
                             std::erase(name, '-');
                             return name;
                         });

}  // namespace
}  // namespace earshot::network
