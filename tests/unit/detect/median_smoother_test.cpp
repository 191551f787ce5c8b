#include "detect/median_smoother.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace earshot::detect {
namespace {

std::vector<float> median_by_sorting(const std::vector<float>& scores, int windows) {
    std::vector<float> smoothed;
    const int count = static_cast<int>(scores.size());
    for (int i = 0; i < count; ++i) {
        std::vector<float> around;
        for (int j = i - windows / 2; j <= i + windows / 2; ++j) {
            around.push_back(scores[static_cast<std::size_t>(std::clamp(j, 0, count - 1))]);
        }
        std::ranges::nth_element(around, around.begin() + windows / 2);
        smoothed.push_back(around[static_cast<std::size_t>(windows / 2)]);
    }
    return smoothed;
}

TEST(MedianSmoother, is_the_median_of_the_scores_around) {
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        const int windows = 2 * std::uniform_int_distribution(0, 8)(random) + 1;
        std::vector<float> scores(
            std::uniform_int_distribution<std::size_t>(0, 40)(random));  // some under half a median
        for (float& score : scores)
            score = static_cast<float>(std::uniform_int_distribution(0, 9)(random)) / 9;
        MedianSmoother smoother(windows);
        for (int twice = 0; twice < 2; ++twice) {  // as new after reset()
            std::vector<float> smoothed;
            for (std::size_t i = 0; i < scores.size(); ++i) {
                const auto next = smoother.push(scores[i]);
                EXPECT_EQ(next.has_value(), i >= static_cast<std::size_t>(windows / 2))
                    << "delay is half a median";
                if (next) smoothed.push_back(*next);
            }
            while (const auto next = smoother.drain()) smoothed.push_back(*next);
            EXPECT_EQ(smoothed, median_by_sorting(scores, windows));
            smoother.reset();
        }
    }
}

}  // namespace
}  // namespace earshot::detect
