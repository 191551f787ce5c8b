#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "support/error.h"

namespace earshot::metrics {
namespace {

/// Scores with many ties, truths independent of them unless `signal` is given.
struct Draw {
    std::vector<float> scores;
    std::unique_ptr<bool[]> truth;
    std::span<const bool> positive() const { return {truth.get(), scores.size()}; }

    Draw(std::mt19937& random, std::size_t count, int levels, double signal) : truth(new bool[count]) {
        for (std::size_t i = 0; i < count; ++i) {
            truth[i] = std::bernoulli_distribution(0.3)(random);
            const int level = std::uniform_int_distribution(0, levels - 1)(random);
            scores.push_back(static_cast<float>(level + (truth[i] ? signal : 0)) /
                             static_cast<float>(levels));
        }
    }
};

std::uint64_t count_above(const Draw& draw, double threshold, bool truth) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < draw.scores.size(); ++i) {
        count += draw.truth[i] == truth && draw.scores[i] >= threshold;
    }
    return count;
}

double f1_at(const Draw& draw, double threshold) {
    const double tp = static_cast<double>(count_above(draw, threshold, true));
    const double fp = static_cast<double>(count_above(draw, threshold, false));
    const double positives = static_cast<double>(count_above(draw, -1e9, true));
    return 2 * tp / (tp + fp + positives);
}

TEST(ConfusionMatrix, ratios_of_a_matrix_worked_by_hand) {
    ConfusionMatrix matrix(3);  // the third class neither occurs nor is answered
    matrix.add(0, 0, 5);
    matrix.add(0, 1, 1);
    matrix.add(1, 0, 2);
    matrix.add(1, 1);
    matrix.add(1, 1);
    EXPECT_EQ(matrix.total(), 10u);
    EXPECT_EQ(matrix.support(0), 6u);
    EXPECT_EQ(matrix.predicted(1), 3u);
    EXPECT_DOUBLE_EQ(matrix.accuracy(), 0.7);
    EXPECT_DOUBLE_EQ(matrix.precision(0), 5.0 / 7);
    EXPECT_DOUBLE_EQ(matrix.recall(1), 0.5);
    EXPECT_DOUBLE_EQ(matrix.f1(0), 10.0 / 13);
    EXPECT_DOUBLE_EQ(matrix.macro_f1(), (10.0 / 13 + 4.0 / 7) / 2);
    EXPECT_DOUBLE_EQ(matrix.balanced_accuracy(), (5.0 / 6 + 0.5) / 2);
}

TEST(ConfusionMatrix, ratio_over_nothing_is_nan) {
    ConfusionMatrix matrix(2);
    EXPECT_TRUE(std::isnan(matrix.accuracy()));
    EXPECT_TRUE(std::isnan(matrix.macro_f1()));
    EXPECT_TRUE(std::isnan(matrix.balanced_accuracy()));
    matrix.add(0, 1, 3);
    EXPECT_TRUE(std::isnan(matrix.precision(0)));
    EXPECT_TRUE(std::isnan(matrix.recall(1)));
    EXPECT_DOUBLE_EQ(matrix.f1(0), 0);
    EXPECT_DOUBLE_EQ(matrix.macro_precision(), 0);  // never named, so it counts as 0 rather than not at all
}

TEST(RocAuc, is_the_probability_that_a_positive_scores_higher) {
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        const Draw draw(random, 1 + round % 40, 1 + round % 7, round % 3);
        double pairs = 0, ordered = 0;
        for (std::size_t i = 0; i < draw.scores.size(); ++i) {
            for (std::size_t j = 0; j < draw.scores.size(); ++j) {
                if (!draw.truth[i] || draw.truth[j]) continue;
                ++pairs;
                ordered += draw.scores[i] > draw.scores[j] ? 1 : draw.scores[i] == draw.scores[j] ? 0.5 : 0;
            }
        }
        const double area = roc_auc(draw.scores, draw.positive());
        if (pairs == 0) {
            EXPECT_TRUE(std::isnan(area));
        } else {
            EXPECT_NEAR(area, ordered / pairs, 1e-12);
        }
    }
}

TEST(AveragePrecision, sums_precision_over_steps_of_recall) {
    std::mt19937 random(2);
    for (int round = 0; round < 200; ++round) {
        const Draw draw(random, 1 + round % 40, 1 + round % 7, round % 3);
        std::vector<float> thresholds = draw.scores;
        std::ranges::sort(thresholds, std::ranges::greater());
        const auto positives = static_cast<double>(count_above(draw, -1e9, true));
        double sum = 0, recall = 0;
        for (const float threshold : thresholds) {  // repeated ones add nothing
            const auto tp = static_cast<double>(count_above(draw, threshold, true));
            const auto fp = static_cast<double>(count_above(draw, threshold, false));
            sum += (tp / positives - recall) * tp / (tp + fp);
            recall = tp / positives;
        }
        const double area = average_precision(draw.scores, draw.positive());
        if (positives == 0) {
            EXPECT_TRUE(std::isnan(area));
        } else {
            EXPECT_NEAR(area, sum, 1e-12);
        }
    }
}

TEST(BestF1Threshold, no_other_threshold_is_better) {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        const Draw draw(random, 2 + round % 40, 1 + round % 9, round % 3);
        const double threshold = best_f1_threshold(draw.scores, draw.positive());
        const auto positives = count_above(draw, -1e9, true);
        if (positives == 0 || positives == draw.scores.size()) {
            EXPECT_EQ(threshold, 0.5);
            continue;
        }
        for (const float score : draw.scores) EXPECT_GE(f1_at(draw, threshold), f1_at(draw, score));
    }
}

TEST(BestF1Threshold, lies_between_the_scores_on_either_side) {
    const std::array scores{0.1f, 0.2f, 0.8f, 0.9f};
    const std::array positive{false, false, true, true};
    EXPECT_NEAR(best_f1_threshold(scores, positive), 0.5, 1e-7);
    // Between two neighbouring floats there is room for a double.
    const std::array close{0.5f, std::nextafter(0.5f, 1.0f)};
    const std::array upper{false, true};
    const double threshold = best_f1_threshold(close, upper);
    EXPECT_GT(threshold, close[0]);
    EXPECT_LT(threshold, close[1]);
}

TEST(BestF1Threshold, is_the_lowest_score_if_all_should_be_positive) {
    const std::array scores{0.3f, 0.6f};
    const std::array positive{true, false};
    EXPECT_EQ(best_f1_threshold(scores, positive), 0.3f);
}

TEST(Metrics, refuse_scores_that_are_no_numbers) {
    const std::array scores{0.3f, std::numeric_limits<float>::quiet_NaN()};
    const std::array positive{true, false};
    EXPECT_THROW(roc_auc(scores, positive), Error);
    EXPECT_THROW(average_precision(scores, positive), Error);
    EXPECT_THROW(best_f1_threshold(scores, positive), Error);
}

TEST(CautiousThreshold, is_a_half_unless_the_scores_say_otherwise) {
    // Both kinds are parted by anything from 0.02 to 0.6.
    EXPECT_EQ(cautious_f1_threshold(std::array{0.6F, 0.02F, 0.01F}, std::array{true, false, false}), 0.5);
    // F1 is 8/9 from 0.45 on and 6/7 from 0.7 on: with so few scores, as good as the same.
    const std::array scores{0.9F, 0.8F, 0.7F, 0.48F, 0.45F, 0.1F};
    const std::array positive{true, true, true, false, true, false};
    EXPECT_EQ(cautious_f1_threshold(scores, positive), 0.5);
    EXPECT_NEAR(best_f1_threshold(scores, positive), 0.275, 1e-6);
    EXPECT_EQ(cautious_f1_threshold(std::array{0.1F}, std::array{true}), 0.5);
}

/// Scores that are true probabilities, uniform from 0 to 1: at the best threshold t, F1 is 2 t (Lipton, Elkan
/// and Narayanaswamy 2014), and here it is (1 - t^2) / (1 - t + 1/2).
TEST(CautiousThreshold, comes_to_the_best_with_many_scores_and_strays_less_with_few) {
    const double best = (3 - std::sqrt(5.0)) / 2;                             // t^2 - 3t + 1 = 0
    const auto f1_at = [](double t) { return (1 - t * t) / (1 - t + 0.5); };  // of the whole population
    std::mt19937 random(11);
    std::uniform_real_distribution<float> uniform;
    const auto draw = [&](std::size_t size, auto threshold_of) {
        std::vector<float> scores(size);
        const auto positive = std::make_unique<bool[]>(size);
        for (std::size_t i = 0; i < size; ++i) {
            scores[i] = uniform(random);
            positive[i] = uniform(random) < scores[i];
        }
        return threshold_of(std::span<const float>(scores), std::span<const bool>(positive.get(), size));
    };
    double cautious_loss = 0, best_loss = 0;
    for (int round = 0; round < 500; ++round) {
        cautious_loss += f1_at(best) - f1_at(draw(20, cautious_f1_threshold));
        best_loss += f1_at(best) - f1_at(draw(20, best_f1_threshold));
    }
    EXPECT_LT(cautious_loss, best_loss / 1.5);
    EXPECT_LT(f1_at(best) - f1_at(draw(100000, cautious_f1_threshold)), 0.005);
    EXPECT_NEAR(draw(1000000, cautious_f1_threshold), best, 0.06);
}

}  // namespace
}  // namespace earshot::metrics
