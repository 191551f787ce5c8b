#include "model/judgement.h"

#include <gtest/gtest.h>

namespace earshot {
namespace {

// Four frames of two classes; the third is taken for the wrong one.
Judged four() { return {{0.9F, 0.1F, 0.2F, 0.8F, 0.4F, 0.6F, 0.3F, 0.7F}, {0, 1, 0, 1}}; }

TEST(Judgement, measures_what_was_counted) {
    const std::vector<std::string> labels{"quiet", "loud"};
    const auto json = measure(four(), labels);
    EXPECT_EQ(json["frames"], 4);
    EXPECT_EQ(json["accuracy"], 0.75);
    EXPECT_EQ(json["balanced_accuracy"], 0.75);
    EXPECT_EQ(json["labels"]["quiet"]["precision"], 1);
    EXPECT_EQ(json["labels"]["quiet"]["recall"], 0.5);
    EXPECT_EQ(json["labels"]["loud"]["precision"], 0.6667);
    EXPECT_EQ(json["labels"]["loud"]["recall"], 1);
    EXPECT_EQ(json["labels"]["loud"]["roc_auc"], 1);  // 0.7 and 0.8 above 0.1 and 0.6
    EXPECT_EQ(json["confusion"].dump(), "[[1,1],[0,2]]");
}

TEST(Judgement, thresholds_lie_between_the_scores_that_they_part) {
    const auto thresholds = choose_thresholds(four(), 2);
    EXPECT_NEAR(thresholds[0], 0.35, 1e-6);  // quiet: 0.9 and 0.4 above, 0.3 and 0.2 below
    EXPECT_NEAR(thresholds[1], 0.65, 1e-6);
}

TEST(Judgement, a_class_that_does_not_occur_has_no_measures) {
    const Judged judged{{0.9F, 0.1F, 0.8F, 0.2F}, {0, 0}};
    const std::vector<std::string> labels{"quiet", "loud"};
    const auto json = measure(judged, labels);
    EXPECT_TRUE(json["labels"]["loud"]["recall"].is_null());
    EXPECT_TRUE(json["labels"]["loud"]["roc_auc"].is_null());
    EXPECT_EQ(choose_thresholds(judged, 2)[1], 0.5);
}

}  // namespace
}  // namespace earshot
