#include "metrics/intersection.h"

#include <gtest/gtest.h>

namespace earshot::metrics {
namespace {

TEST(MatchIntersections, by_how_much_overlaps) {
    // Half of the detection lies within the event, and covers half of it.
    auto counts = match_intersections({{{0, 2}}, {{1, 3}}}, {});
    EXPECT_EQ(counts.hits, 1);
    EXPECT_EQ(counts.detected, 1);
    // Slightly less of the detection: a false alarm, which covers nothing.
    counts = match_intersections({{{0, 2}}, {{1, 3.01}}}, {});
    EXPECT_EQ(counts.hits, 0);
    EXPECT_EQ(counts.detected, 1);
    // Relevant, but too short: neither a hit nor wrong.
    counts = match_intersections({{{0, 2}}, {{1.1, 2}}}, {});
    EXPECT_EQ(counts.hits, 0);
    EXPECT_EQ(counts.detected, 0);
}

TEST(MatchIntersections, several_detections_make_one_hit_and_one_may_hit_several) {
    auto counts = match_intersections({{{0, 2}}, {{0, 0.6}, {1, 1.6}}}, {});
    EXPECT_EQ(counts.hits, 1);
    EXPECT_EQ(counts.detected, 1);
    counts = match_intersections({{{0, 1}, {2, 3}}, {{0, 3}}}, {});
    EXPECT_EQ(counts.hits, 2);
    EXPECT_EQ(counts.detected, 2);
}

TEST(MatchIntersections, exactly_the_fraction_counts_whatever_the_rounding) {
    for (int i = 0; i < 1000; ++i) {
        const double t = 0.1 * i;
        EXPECT_EQ(match_intersections({{{t, t + 0.7}}, {{t, t + 1}}}, {0.7, 0.7}).hits, 1) << t;
    }
}

TEST(MatchIntersections, events_without_length_are_ignored) {
    const auto counts = match_intersections({{{1, 1}}, {{1, 1}}}, {});
    EXPECT_EQ(counts.reference, 0);
    EXPECT_EQ(counts.detected, 0);
}

TEST(CountFalseAlarms, are_detections_outside_all_events) {
    EXPECT_EQ(count_false_alarms({{{1, 2}, {5, 9}}, {{0, 1}, {2.5, 4}, {6, 7}, {9.1, 9.2}}}), 3);
    EXPECT_EQ(count_false_alarms({{{1, 2}, {5, 5}}, {{1.5, 1.5}, {4, 6}}}), 0);  // without length, but within
    EXPECT_EQ(count_false_alarms({{{1, 9}, {2, 3}}, {{5, 6}}}), 0);  // within the longer of two that overlap
    EXPECT_EQ(count_false_alarms({{}, {{5, 6}}}), 1);
}

}  // namespace
}  // namespace earshot::metrics
