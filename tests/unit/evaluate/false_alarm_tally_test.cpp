#include "evaluate/false_alarm_tally.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace earshot::evaluate {
namespace {

model::ModelFile model() {
    model::ModelFile model;
    model.labels = {"cry", "dog", "quiet", "unknown"};
    model.thresholds = {0.5, 0.7, 0.5, 0.5};
    model.background = "quiet";
    model.unknown = "unknown";
    return model;
}

JudgedRecording recording(std::vector<double> onsets_s, std::vector<std::size_t> truths,
                          std::vector<float> scores) {
    JudgedRecording judged;
    judged.onsets_s = std::move(onsets_s);
    judged.truths = std::move(truths);
    judged.scores = std::move(scores);
    return judged;
}

TEST(FalseAlarmTally, CountsTagsOnly) {
    const FalseAlarmTally tally(model(), 1);
    for (std::size_t label = 0; label < 4; ++label) EXPECT_EQ(tally.counts(label), label < 2);
}

TEST(FalseAlarmTally, WithoutBackgroundThereIsNoRate) {
    FalseAlarmTally tally(model(), 1);
    tally.add(recording({0, 1}, {0, 1}, std::vector<float>(8, 1)));
    EXPECT_EQ(tally.hours(), 0);
    EXPECT_TRUE(std::isnan(tally.per_hour(0)));
}

TEST(FalseAlarmTally, NeighboursAreOneAlarmAndAGapInTimePartsThem) {
    FalseAlarmTally tally(model(), 2);
    const std::vector<float> cry{0.9F, 0, 0, 0};
    const auto crying = [&](std::vector<double> onsets_s, std::vector<std::size_t> truths) {
        std::vector<float> scores;
        for (std::size_t i = 0; i < truths.size(); ++i) scores.insert(scores.end(), cry.begin(), cry.end());
        return recording(std::move(onsets_s), std::move(truths), scores);
    };
    tally.add(crying({0, 2, 4}, {2, 3, 2}));  // three windows, one alarm, of 2 s each
    EXPECT_DOUBLE_EQ(tally.hours(), 6 / 3600.0);
    EXPECT_DOUBLE_EQ(tally.per_hour(0), 600);
    EXPECT_EQ(tally.per_hour(1), 0);
    tally.add(crying({0, 2, 8}, {2, 2, 2}));  // a gap: two more
    EXPECT_DOUBLE_EQ(tally.per_hour(0), 3 / tally.hours());
    tally.add(crying({0, 2, 4}, {2, 0, 2}));  // a cry between, about which nothing is false: two more
    EXPECT_DOUBLE_EQ(tally.hours(), 8 * 2 / 3600.0);
    EXPECT_DOUBLE_EQ(tally.per_hour(0), 5 / tally.hours());
}

/// What earshot detect would report, counted window by window.
TEST(FalseAlarmTally, AgreesWithACountWindowByWindow) {
    constexpr double kHop_s = 0.5;
    std::mt19937 random(3);
    std::uniform_real_distribution<float> score(0, 1);
    FalseAlarmTally tally(model(), kHop_s);
    std::size_t windows = 0;
    std::vector<std::size_t> alarms(2);
    for (int n = 0; n < 50; ++n) {
        std::vector<double> onsets_s;
        std::vector<std::size_t> truths;
        std::vector<float> scores;
        std::vector<bool> sounding(2);
        double time_s = 0;
        for (std::size_t i = 0, count = random() % 40; i < count; ++i) {
            const bool gap = random() % 8 == 0;
            time_s += gap ? 3 * kHop_s : kHop_s;
            onsets_s.push_back(time_s);
            truths.push_back(random() % 4);
            for (int c = 0; c < 4; ++c) scores.push_back(score(random));
            const bool background = truths.back() >= 2;
            windows += background ? 1 : 0;
            for (std::size_t c = 0; c < 2; ++c) {
                const bool reached = background && scores[4 * i + c] >= (c == 0 ? 0.5F : 0.7F);
                if (reached && (!sounding[c] || gap)) ++alarms[c];
                sounding[c] = reached;
            }
        }
        tally.add(recording(onsets_s, truths, scores));
    }
    const double hours = static_cast<double>(windows) * kHop_s / 3600;
    EXPECT_DOUBLE_EQ(tally.hours(), hours);
    for (std::size_t c = 0; c < 2; ++c) {
        ASSERT_GT(alarms[c], 20U);
        EXPECT_DOUBLE_EQ(tally.per_hour(c), static_cast<double>(alarms[c]) / hours);
    }
}

}  // namespace
}  // namespace earshot::evaluate
