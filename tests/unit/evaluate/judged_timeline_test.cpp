#include "evaluate/judged_timeline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "evaluate/judge.h"
#include "evaluate/judged_json.h"
#include "model/model.h"

namespace earshot::evaluate {
namespace {

class Nothing : public model::Scorer {
 public:
    std::size_t window_values() const override { return 4; }
    std::size_t classes() const override { return 4; }
    void score(std::span<const float>, std::size_t, std::span<float>) const override {}
};

/// Frames of half a second, one after the other.
model::Model model_of() {
    model::ModelFile file;
    file.labels = {"quiet", "cry", "dog", "unknown"};
    file.thresholds = {0.5, 0.5, 0.8, 0.5};
    file.background = "quiet";
    file.unknown = "unknown";
    file.frontend = {{"kind", "spectrum"}, {"rate_hz", 8000},   {"duration_s", 0.5},
                     {"low_hz", 0.0},      {"high_hz", 4000.0}, {"bins", 4}};
    return model::Model("model", std::move(file), std::make_unique<Nothing>());
}

constexpr double kToTheEnd = std::numeric_limits<double>::infinity();

class TimelineMakerTest : public testing::Test {
 protected:
    /// @param cry, dog  scores, row by row
    JudgedTimeline make(const std::vector<label::Event>& reference,
                        const std::vector<TimelineMaker::Stretch>& stretches, const std::vector<float>& cry,
                        const std::vector<float>& dog, std::vector<bool> wanted = {true, true, true, true}) {
        std::vector<float> rows;
        for (std::size_t i = 0; i < cry.size(); ++i) rows.insert(rows.end(), {0.9F, cry[i], dog[i], 0.9F});
        TimelineMaker maker(model_, std::move(wanted));
        return maker.make(reference, stretches, rows);
    }

    model::Model model_ = model_of();
};

TEST_F(TimelineMakerTest, events_follow_the_thresholds_of_the_model) {
    const auto timeline = make({{0, 1, "quiet", {}}, {0.5, kToTheEnd, "cry", {}}, {1, 1.2, "parrot", {}}},
                               {{0, 2.2, 4}}, {0.4F, 0.5F, 0.6F, 0.1F}, {0.7F, 0.8F, 0.7F, 0.9F});
    EXPECT_EQ(event_labels(model_.file()), (std::vector<std::string>{"cry", "dog"}));
    ASSERT_EQ(timeline.events.size(), 2);
    ASSERT_EQ(timeline.events[0].reference.size(), 1);
    EXPECT_EQ(timeline.events[0].reference[0].offset_s, 2.2);
    ASSERT_EQ(timeline.events[0].detected.size(), 1);
    EXPECT_EQ(timeline.events[0].detected[0].onset_s, 0.5);
    EXPECT_EQ(timeline.events[0].detected[0].offset_s, 1.5);
    EXPECT_EQ(timeline.events[1].detected.size(), 2);
    EXPECT_EQ(timeline.duration_s, 2.2);
    EXPECT_EQ(timeline.scores.times_s, (std::vector<double>{0, 0.5, 1, 1.5, 2}));
    EXPECT_EQ(timeline.scores.scores[1], static_cast<double>(0.7F));
    EXPECT_TRUE(timeline.fits(2));
    EXPECT_FALSE(timeline.fits(3));
}

TEST_F(TimelineMakerTest, no_event_reaches_over_a_gap) {
    const auto timeline = make({{9, 10, "cry", {}}, {1, 2, "cry", {}}}, {{0, 1, 2}, {5, 6, 2}},
                               {0.1F, 0.9F, 0.9F, 0.1F}, {0, 0, 0, 0});
    ASSERT_EQ(timeline.events[0].detected.size(), 2);
    EXPECT_EQ(timeline.events[0].detected[0].offset_s, 1);
    EXPECT_EQ(timeline.events[0].detected[1].onset_s, 5);
    EXPECT_EQ(timeline.duration_s, 2);
    EXPECT_EQ(timeline.scores.times_s, (std::vector<double>{0, 0.5, 1, 5, 5.5, 6}));
    EXPECT_EQ(timeline.scores.scores[4], metrics::ScoreSequence::kUnheard);
    ASSERT_EQ(timeline.events[0].reference.size(), 1);  // not the one after the end
    EXPECT_EQ(timeline.events[0].reference[0].onset_s, 1);
}

TEST_F(TimelineMakerTest, labels_left_out_are_neither_true_nor_detected) {
    const auto timeline = make({{0, 1, "cry", {}}, {0, 1, "dog", {}}}, {{0, 1, 2}}, {0.9F, 0.9F},
                               {0.9F, 0.9F}, {true, false, true, true});
    EXPECT_TRUE(timeline.events[0].reference.empty());
    EXPECT_TRUE(timeline.events[0].detected.empty());
    EXPECT_EQ(timeline.events[1].detected.size(), 1);
}

TEST_F(TimelineMakerTest, a_part_has_it_unchanged) {
    JudgedRecording judged;
    judged.timeline =
        make({{0, 1, "cry", {}}}, {{0, 1, 2}, {5, 6, 2}}, {0.1F, 0.9F, 0.9F, 0.1F}, {0, 0, 0, 0});
    const nlohmann::ordered_json json = judged;
    const auto read = nlohmann::ordered_json::parse(json.dump()).get<JudgedRecording>();
    ASSERT_TRUE(read.timeline);
    EXPECT_EQ(read.timeline->scores.times_s, judged.timeline->scores.times_s);
    EXPECT_EQ(read.timeline->scores.scores, judged.timeline->scores.scores);
    EXPECT_EQ(read.timeline->events[0].detected.size(), 2);
    EXPECT_EQ(read.timeline->duration_s, 2);
}

}  // namespace
}  // namespace earshot::evaluate
