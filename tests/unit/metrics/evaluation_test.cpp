#include "metrics/evaluation.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "support/error.h"

namespace earshot::metrics {
namespace {

/// Four windows of two classes; the third is taken for the wrong one.
Evaluation four() {
    Evaluation evaluation({"quiet", "loud"});
    evaluation.add(0, std::array{0.9F, 0.1F});
    evaluation.add(1, std::array{0.2F, 0.8F});
    evaluation.add(0, std::array{0.4F, 0.6F});
    evaluation.add(1, std::array{0.3F, 0.7F});
    return evaluation;
}

TEST(Evaluation, measures_what_was_counted) {
    const auto json = evaluation_json(four());
    EXPECT_EQ(json["windows"], 4);
    EXPECT_EQ(json["accuracy"], 0.75);
    EXPECT_EQ(json["balanced_accuracy"], 0.75);
    EXPECT_EQ(json["labels"]["quiet"]["windows"], 2);
    EXPECT_EQ(json["labels"]["quiet"]["precision"], 1);
    EXPECT_EQ(json["labels"]["quiet"]["recall"], 0.5);
    EXPECT_EQ(json["labels"]["loud"]["precision"], 0.666667);
    EXPECT_EQ(json["labels"]["loud"]["recall"], 1);
    EXPECT_EQ(json["labels"]["loud"]["roc_auc"], 1);  // 0.7 and 0.8 above 0.1 and 0.6
    EXPECT_EQ(json["micro"]["f1"], 0.75);
    EXPECT_EQ(json["confusion"].dump(), "[[1,1],[0,2]]");
}

// Of two labels at once the likeliest is the truth in the confusion, and neither is a false alarm.
TEST(Evaluation, labels_may_sound_at_once) {
    Evaluation evaluation({"quiet", "loud", "shrill"});
    evaluation.add(0, std::array{0.9F, 0.1F, 0.2F});
    evaluation.add(std::array<std::size_t, 2>{1, 2}, std::array{0.1F, 0.6F, 0.8F});
    evaluation.add(std::array<std::size_t, 2>{2, 1}, std::array{0.7F, 0.6F, 0.3F});
    const auto json = evaluation_json(evaluation);
    EXPECT_EQ(json["confusion"].dump(), "[[1,0,0],[1,0,0],[0,0,1]]");
    for (const char* label : {"loud", "shrill"}) {
        EXPECT_EQ(json["labels"][label]["roc_auc"], 1);  // twice positive, above the one negative
        EXPECT_EQ(json["labels"][label]["average_precision"], 1);
    }
    const auto pairs = evaluation.of_label_alone(2);
    EXPECT_EQ(std::vector<bool>(pairs.truth().begin(), pairs.truth().end()),
              (std::vector<bool>{false, true, true}));
}

TEST(Evaluation, has_a_threshold_for_each_label) {
    Evaluation evaluation({"quiet", "loud"});
    for (int i = 0; i < 1000; ++i) {
        evaluation.add(0, std::array{0.4F, 0.1F});
        evaluation.add(1, std::array{0.3F, 0.9F});
    }
    const auto thresholds = evaluation.thresholds();
    EXPECT_NEAR(thresholds[0], 0.35, 1e-6);
    EXPECT_EQ(thresholds[1], 0.5);
}

TEST(Evaluation, a_class_that_does_not_occur_has_no_measures) {
    Evaluation evaluation({"quiet", "loud"});
    evaluation.add(0, std::array{0.9F, 0.1F});
    evaluation.add(0, std::array{0.8F, 0.2F});
    const auto json = evaluation_json(evaluation);
    EXPECT_TRUE(json["labels"]["loud"]["recall"].is_null());
    EXPECT_TRUE(json["labels"]["loud"]["roc_auc"].is_null());
    EXPECT_EQ(evaluation.thresholds()[1], 0.5);
}

TEST(Evaluation, refuses_what_does_not_fit) {
    Evaluation evaluation({"quiet", "loud"});
    EXPECT_THROW(evaluation.add(2, std::array{0.5F, 0.5F}), Error);
    EXPECT_THROW(evaluation.add(0, std::array{0.5F}), Error);
    EXPECT_THROW(evaluation.add(0, std::array{0.5F, NAN}), Error);
}

}  // namespace
}  // namespace earshot::metrics
