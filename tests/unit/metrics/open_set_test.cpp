#include "metrics/open_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>

#include "metrics/metrics.h"
#include "support/error.h"

namespace earshot::metrics {
namespace {

/// Windows of a few distinct scores, so that they tie; known ones score higher by `signal`.
struct Draw {
    std::vector<float> best;
    std::unique_ptr<bool[]> known, right;
    std::span<const bool> is_known() const { return {known.get(), best.size()}; }
    std::span<const bool> is_right() const { return {right.get(), best.size()}; }

    Draw(std::mt19937& random, std::size_t count, int levels, int signal)
        : known(new bool[count]), right(new bool[count]) {
        for (std::size_t i = 0; i < count; ++i) {
            known[i] = std::bernoulli_distribution(0.6)(random);
            right[i] = known[i] && std::bernoulli_distribution(0.7)(random);
            const int level = std::uniform_int_distribution(0, levels - 1)(random) + (known[i] ? signal : 0);
            best.push_back(static_cast<float>(level) / static_cast<float>(levels + signal));
        }
    }

    double share(std::span<const bool> of, bool value, std::span<const bool> among, bool kind,
                 double threshold) const {
        double part = 0, whole = 0;
        for (std::size_t i = 0; i < best.size(); ++i) {
            whole += among[i] == kind;
            part += among[i] == kind && of[i] == value && best[i] >= threshold;
        }
        return part / whole;
    }
};

TEST(OpenSetRoc, each_point_is_what_counting_gives) {
    std::mt19937 random(1);
    for (const int levels : {2, 7, 1000}) {
        const Draw draw(random, 300, levels, 1);
        const auto curve = open_set_roc(draw.best, draw.is_known(), draw.is_right());
        for (const auto& point : curve) {
            EXPECT_DOUBLE_EQ(point.correct,
                             draw.share(draw.is_right(), true, draw.is_known(), true, point.threshold));
            EXPECT_DOUBLE_EQ(point.false_positives,
                             draw.share(draw.is_right(), false, draw.is_known(), false, point.threshold));
        }
        EXPECT_DOUBLE_EQ(curve.back().false_positives, 1);
        EXPECT_TRUE(std::ranges::is_sorted(curve, std::greater(), &OpenSetPoint::threshold));
    }
}

TEST(OpenSetRoc, is_the_roc_where_every_answer_is_right) {
    std::mt19937 random(2);
    const Draw draw(random, 500, 20, 6);
    const auto curve = open_set_roc(draw.best, draw.is_known(), draw.is_known());
    EXPECT_NEAR(open_set_area(curve), roc_auc(draw.best, draw.is_known()), 1e-12);
}

TEST(OpenSetRoc, of_answers_worked_by_hand) {
    const std::vector<float> best{0.9F, 0.8F, 0.7F, 0.6F, 0.5F};
    const bool known[] = {true, true, false, true, false}, right[] = {true, false, false, true, false};
    const auto curve = open_set_roc(best, known, right);
    ASSERT_EQ(curve.size(), 5u);
    EXPECT_DOUBLE_EQ(correct_at(curve, 0), 1.0 / 3);
    EXPECT_DOUBLE_EQ(correct_at(curve, 0.5), 2.0 / 3);
    // From 0 to 1/2 at 1/3, from 1/2 to 1 at 2/3.
    EXPECT_DOUBLE_EQ(open_set_area(curve), 0.5 / 3 + 0.5 * 2 / 3);
}

TEST(OpenSetRoc, needs_both_known_and_unknown) {
    const std::vector<float> best{0.5F, 0.6F};
    const bool yes[] = {true, true}, no[] = {false, false};
    EXPECT_TRUE(open_set_roc(best, yes, yes).empty());
    EXPECT_TRUE(open_set_roc(best, no, no).empty());
    EXPECT_TRUE(std::isnan(open_set_area({})));
    const std::vector<float> bad{0.5F, std::numeric_limits<float>::quiet_NaN()};
    EXPECT_THROW(open_set_roc(bad, yes, no), Error);
}

TEST(PrecisionRecall, curve_encloses_the_average_precision) {
    std::mt19937 random(3);
    for (const int levels : {3, 50}) {
        const Draw draw(random, 400, levels, 1);
        double area = 0, recall = 0;
        for (const auto& point : precision_recall_curve(draw.best, draw.is_known())) {
            area += (point.recall - recall) * point.precision;
            recall = point.recall;
        }
        EXPECT_DOUBLE_EQ(recall, 1);
        EXPECT_NEAR(area, average_precision(draw.best, draw.is_known()), 1e-12);
    }
}

TEST(PrecisionThreshold, no_other_that_has_the_precision_finds_more) {
    std::mt19937 random(4);
    for (int round = 0; round < 50; ++round) {
        const Draw draw(random, 60, 12, 4);
        const auto precision_at = [&](double threshold) {
            const double hits = draw.share(draw.is_known(), true, draw.is_known(), true, threshold);
            const auto known = static_cast<double>(std::ranges::count(draw.is_known(), true));
            const auto above = std::ranges::count_if(draw.best, [&](float s) { return s >= threshold; });
            return std::pair(hits, above == 0 ? 1 : hits * known / static_cast<double>(above));
        };
        const auto chosen = precision_threshold(draw.best, draw.is_known(), 0.8);
        const auto [hits, precision] = precision_at(chosen.threshold);
        bool any = false;
        for (const float score : draw.best) {
            const auto [other_hits, other_precision] = precision_at(score);
            if (other_precision < 0.8 - 1e-12 || other_hits == 0) continue;
            any = true;
            EXPECT_LE(other_hits, hits);
        }
        EXPECT_EQ(chosen.reached, any);
        if (any) {
            EXPECT_GE(precision, 0.8 - 1e-12);
        }
    }
}

TEST(PrecisionThreshold, says_when_it_cannot_be_had) {
    const std::vector<float> scores{0.9F, 0.8F, 0.7F, 0.2F};
    const bool positive[] = {false, true, true, false};
    const auto chosen = precision_threshold(scores, positive, 0.95);
    EXPECT_FALSE(chosen.reached);
    EXPECT_NEAR(chosen.threshold, 0.45, 1e-6);  // two of three, the best there is
    const bool none[] = {false, false, false, false};
    EXPECT_DOUBLE_EQ(precision_threshold(scores, none, 0.5).threshold, 0.5);
}

TEST(FalseAlarms, neighbouring_windows_are_one_but_not_over_the_end_of_a_run) {
    const std::vector<float> scores{0.9F, 0.8F, 0.1F, 0.7F, 0.7F, 0.6F};
    const std::vector<BackgroundRun> runs{{0, 4}, {4, 2}};
    EXPECT_EQ(false_alarms(scores, runs, 0.5), 3u);
    EXPECT_EQ(false_alarms(scores, runs, 0.75), 1u);
    EXPECT_EQ(false_alarms(scores, runs, 0.95), 0u);
}

TEST(FalseAlarms, threshold_is_the_lowest_below_which_there_are_more) {
    std::mt19937 random(5);
    for (int round = 0; round < 100; ++round) {
        std::vector<float> scores;
        const int levels = round % 2 == 0 ? 8 : 1000;
        for (int i = 0; i < 50; ++i)
            scores.push_back(static_cast<float>(std::uniform_int_distribution(0, levels - 1)(random)) /
                             static_cast<float>(levels));
        const std::vector<BackgroundRun> runs{{3, 20}, {23, 7}, {35, 15}};  // 30 to 34 are no background
        for (const std::uint64_t most : {0u, 1u, 3u}) {
            const double threshold = false_alarm_threshold(scores, runs, most);
            std::vector<float> levels_there(scores);
            std::ranges::sort(levels_there, std::greater());
            for (const float score : levels_there)
                if (score >= threshold) {
                    EXPECT_LE(false_alarms(scores, runs, score), most);
                }
            EXPECT_LE(false_alarms(scores, runs, threshold), most);
            const auto below = std::ranges::find_if(levels_there, [&](float s) {
                return s < threshold &&
                       false_alarms(scores, runs, s) != false_alarms(scores, runs, threshold);
            });
            if (below != levels_there.end()) {
                EXPECT_GT(false_alarms(scores, runs, *below), most);
            }
        }
    }
}

TEST(FalseAlarms, of_no_background_and_of_the_highest_score) {
    EXPECT_DOUBLE_EQ(false_alarm_threshold({}, {}, 0), 0);
    const std::vector<float> scores{0.5F};
    const std::vector<BackgroundRun> runs{{0, 1}};
    EXPECT_DOUBLE_EQ(false_alarm_threshold(scores, runs, 0), 0.75);
    EXPECT_DOUBLE_EQ(false_alarm_threshold(scores, runs, 1), 0.5);
}

}  // namespace
}  // namespace earshot::metrics
