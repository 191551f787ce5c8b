#include "metrics/detection_rates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/error.h"

namespace earshot {
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
        const double chosen = detection_rates(scores, positive, best_score_threshold(scores, positive)).score();
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

}  // namespace
}  // namespace earshot
