#include "metrics/event_matching.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace earshot::metrics {
namespace {

std::uint64_t hits(const std::vector<Interval>& reference, const std::vector<Interval>& detected) {
    return match_events({reference, detected}, {}).hits;
}

TEST(MatchEvents, onset_and_offset_must_be_within_their_collars) {
    EXPECT_EQ(hits({{1, 2}}, {{1.19, 2.19}}), 1);
    EXPECT_EQ(hits({{1, 2}}, {{1.21, 2}}), 0);
    EXPECT_EQ(hits({{1, 2}}, {{1, 2.21}}), 0);  // the collar, since 20 % of 1 s is no more
    EXPECT_EQ(hits({{1, 11}}, {{1, 9.1}}), 1);  // 20 % of 10 s
    EXPECT_EQ(hits({{1, 11}}, {{1, 8.9}}), 0);  // more than that
    EXPECT_EQ(hits({{1, 3}}, {{1, 13}}), 0);    // of the true event's length, not of the detection's
    EXPECT_EQ(hits({{0.5, 1}}, {{0.25, 1}}), 0);
    EXPECT_EQ(match_events({{{0.5, 1}}, {{0.25, 1}}}, {0.25, 0}).hits, 1);  // exactly the collar
}

TEST(MatchEvents, no_event_counts_twice_and_pairs_are_as_many_as_can_be) {
    EXPECT_EQ(hits({{1, 2}}, {{1, 2}, {1, 2}}), 1);
    EXPECT_EQ(hits({{1, 2}, {1, 2}}, {{1, 2}}), 1);
    // Whoever pairs the first two in order leaves the last one without a partner.
    EXPECT_EQ(hits({{1, 2}, {1.3, 2}}, {{1.15, 2}, {0.9, 2}}), 2);
    EXPECT_EQ(hits({{1, 2}, {1.3, 2}, {1.6, 2}, {1.9, 2}}, {{1.75, 2}, {1.45, 2}, {1.15, 2}, {0.85, 2}}), 4);
}

/// The largest matching by trying all.
std::uint64_t most_pairs(const LabelEvents& events, std::size_t d, std::vector<bool>& taken) {
    if (d == events.detected.size()) return 0;
    std::uint64_t most = most_pairs(events, d + 1, taken);
    for (std::size_t r = 0; r < events.reference.size(); ++r) {
        const auto &a = events.reference[r], &b = events.detected[d];
        const bool near = std::abs(a.onset_s - b.onset_s) <= 0.2 &&
                          std::abs(a.offset_s - b.offset_s) <= std::max(0.2, 0.2 * (a.offset_s - a.onset_s));
        if (taken[r] || !near) continue;
        taken[r] = true;
        most = std::max(most, 1 + most_pairs(events, d + 1, taken));
        taken[r] = false;
    }
    return most;
}

TEST(MatchEvents, as_trying_all_pairings) {
    std::mt19937 random(4);
    std::uniform_real_distribution<double> onset(0, 1), length(0, 2);
    std::uint64_t total = 0;
    for (int round = 0; round < 200; ++round) {
        LabelEvents events;
        for (auto* list : {&events.reference, &events.detected}) {
            for (std::size_t i = random() % 8; i > 0; --i) {
                const double begin = onset(random);
                list->push_back({begin, begin + length(random)});
            }
        }
        std::vector<bool> taken(events.reference.size(), false);
        const auto most = most_pairs(events, 0, taken);
        EXPECT_EQ(match_events(events, {}).hits, most);
        total += most;
    }
    EXPECT_GT(total, 100);
}

TEST(MatchEvents, many_equal_events_take_no_time) {
    LabelEvents events{std::vector<Interval>(2000, {1, 2}), std::vector<Interval>(3000, {1, 2})};
    EXPECT_EQ(match_events(events, {}).hits, 2000);
}

TEST(HitCounts, are_ratios) {
    const HitCounts counts{4, 6, 3};
    EXPECT_DOUBLE_EQ(counts.precision(), 0.5);
    EXPECT_DOUBLE_EQ(counts.recall(), 0.75);
    EXPECT_DOUBLE_EQ(counts.f1(), 0.6);  // 2 x 0.5 x 0.75 / 1.25
    EXPECT_TRUE(std::isnan((HitCounts{4, 0, 0}).precision()));
    EXPECT_EQ((HitCounts{4, 0, 0}).f1(), 0);
    EXPECT_TRUE(std::isnan((HitCounts{0, 4, 0}).recall()));
    EXPECT_TRUE(std::isnan((HitCounts{0, 4, 0}).f1()));
}

}  // namespace
}  // namespace earshot::metrics
