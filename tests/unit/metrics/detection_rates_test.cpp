#include "metrics/detection_rates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "support/error.h"

namespace earshot::metrics {
namespace {

TEST(DetectionRates, are_counted) {
    const std::vector<float> scores{0.9F, 0.4F, 0.5F, 0.1F, 0.6F};
    const bool positive[] = {true, true, true, false, false};
    const auto rates = detection_rates(scores, positive, 0.5);
    EXPECT_DOUBLE_EQ(rates.false_alarms, 1.0 / 2);  // 0.6
    EXPECT_DOUBLE_EQ(rates.misses, 1.0 / 3);        // 0.4; 0.5 reaches the threshold
    EXPECT_DOUBLE_EQ(rates.score(), 2 * 0.5 * (2.0 / 3) / (0.5 + 2.0 / 3));
}

TEST(DetectionRates, of_nothing_are_not_a_number) {
    const std::vector<float> scores{0.9F};
    const bool positive[] = {true};
    EXPECT_TRUE(std::isnan(detection_rates(scores, positive, 0.5).false_alarms));
    EXPECT_EQ(detection_rates(scores, positive, 0.5).misses, 0);
    EXPECT_EQ((DetectionRates{1, 1}).score(), 0);
    EXPECT_THROW(detection_rates(std::vector{std::nanf("")}, positive, 0.5), Error);
}

TEST(BestScoreThreshold, no_other_of_the_grid_is_better) {
    std::mt19937 random(8);
    std::uniform_real_distribution<float> uniform;
    for (int round = 0; round < 20; ++round) {
        std::vector<float> scores;
        bool positive[60];
        for (bool& truth : positive) {
            truth = random() % 3 == 0;
            scores.push_back(truth ? std::sqrt(uniform(random)) : uniform(random));
        }
        const double chosen =
            detection_rates(scores, positive, best_score_threshold(scores, positive)).score();
        for (int step = 1; step < 100; ++step)
            EXPECT_LE(detection_rates(scores, positive, step / 100.0).score(), chosen + 1e-12);
    }
}

TEST(BestScoreThreshold, lies_in_the_middle_of_equals_and_at_a_half_where_nothing_is_known) {
    const std::vector<float> scores{0.2F, 0.795F};
    const bool positive[] = {false, true};
    EXPECT_NEAR(best_score_threshold(scores, positive), 0.5, 1e-9);  // 0.21 to 0.79
    const bool all[] = {true, true};
    EXPECT_EQ(best_score_threshold(scores, all), 0.5);
}

/// Negatives whose log-odds are mean - deviation and mean + deviation by turns, and one positive.
double threshold_beside(double mean, double deviation, float lowest_positive, int negatives = 20) {
    std::vector<float> scores{lowest_positive};
    const auto positive = std::make_unique<bool[]>(static_cast<std::size_t>(negatives) + 1);
    positive[0] = true;
    for (int i = 0; i < negatives; ++i)
        scores.push_back(static_cast<float>(1 / (1 + std::exp(-(mean + (i % 2 ? deviation : -deviation))))));
    return best_score_threshold(scores, {positive.get(), scores.size()});
}

TEST(BestScoreThreshold, keeps_three_deviations_from_negatives_within_the_gap) {
    EXPECT_NEAR(threshold_beside(-4, 0.5, 0.9F), 1 / (1 + std::exp(2.5)), 1e-5);  // 0.076
    EXPECT_NEAR(threshold_beside(-9, 0.1, 0.9F), 0.01, 1e-9);                     // the lowest of the grid
    EXPECT_NEAR(threshold_beside(-4, 2, 0.895F), (0.12 + 0.89) / 2, 1e-9);  // 2.0 is not below the middle
    EXPECT_NEAR(threshold_beside(-4, 0.5, 0.895F, 9), (0.03 + 0.89) / 2, 1e-9);  // of few nothing is known
    EXPECT_NEAR(threshold_beside(-40, 0, 0.9F), 0.01, 1e-9);                     // scores of 0
}

}  // namespace
}  // namespace earshot::metrics
