#include "train/schedule.h"

#include <gtest/gtest.h>

namespace earshot::train {
namespace {

TEST(Schedule, goes_through_the_points_of_its_definition) {
    for (const double done : {0.0, 0.3, 1.0}) EXPECT_EQ(rate_share(Schedule::constant, done), 1);
    EXPECT_DOUBLE_EQ(rate_share(Schedule::cosine, 0), 1);
    EXPECT_DOUBLE_EQ(rate_share(Schedule::cosine, 0.5), 0.5);
    EXPECT_NEAR(rate_share(Schedule::cosine, 1), 0, 1e-12);
    EXPECT_NEAR(rate_share(Schedule::one_cycle, 0), 0.04, 1e-12);
    EXPECT_NEAR(rate_share(Schedule::one_cycle, 0.15), 0.52, 1e-12);
    EXPECT_NEAR(rate_share(Schedule::one_cycle, 0.3), 1, 1e-12);
    EXPECT_NEAR(rate_share(Schedule::one_cycle, 0.65), 0.5, 1e-12);
    EXPECT_NEAR(rate_share(Schedule::one_cycle, 1), 0, 1e-12);
}

TEST(Schedule, has_no_jumps) {
    for (const Schedule schedule : {Schedule::cosine, Schedule::one_cycle}) {
        for (int i = 0; i < 1000; ++i)
            EXPECT_NEAR(rate_share(schedule, i / 1000.0), rate_share(schedule, (i + 1) / 1000.0), 0.01);
    }
}

}  // namespace
}  // namespace earshot::train
