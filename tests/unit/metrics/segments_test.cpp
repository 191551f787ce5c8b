#include "metrics/segments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace earshot::metrics {
namespace {

TEST(CountSegments, events_are_active_wherever_they_touch) {
    const LabelEvents events[] = {{{{0.9, 1.1}, {3, 4}}, {{1.5, 3.5}}}};
    const auto counts = count_segments(events, 1);
    EXPECT_EQ(counts.labels[0].reference, 3);  // 0, 1, 3
    EXPECT_EQ(counts.labels[0].detected, 3);   // 1, 2, 3
    EXPECT_EQ(counts.labels[0].hits, 2);       // 1, 3
    EXPECT_EQ(counts.errors.substitutions, 0);
    EXPECT_EQ(counts.errors.deletions, 1);
    EXPECT_EQ(counts.errors.insertions, 1);
    EXPECT_DOUBLE_EQ(error_rate(counts.labels[0]), 2.0 / 3);
    EXPECT_DOUBLE_EQ(error_rate(counts.errors, counts.labels[0]), 2.0 / 3);
    EXPECT_EQ(count_segments(events, 10).labels[0].hits, 1);
}

TEST(CountSegments, a_wrong_label_is_a_substitution) {
    const LabelEvents events[] = {{{{0, 2}}, {}}, {{}, {{0, 3}}}};
    const auto errors = count_segments(events, 1).errors;
    EXPECT_EQ(errors.substitutions, 2);
    EXPECT_EQ(errors.deletions, 0);
    EXPECT_EQ(errors.insertions, 1);
}

TEST(CountSegments, nothing_is_not_a_number) {
    EXPECT_TRUE(std::isnan(error_rate(HitCounts{0, 3, 0})));
    EXPECT_TRUE(std::isnan(error_rate(SegmentErrors{0, 0, 3}, HitCounts{0, 3, 0})));
    const LabelEvents events[] = {{{{5, 5}}, {{1, 1e300}}}};  // a huge time does no harm
    EXPECT_EQ(count_segments(events, 1).labels[0].reference, 0);
}

/// As a matrix of segments.
TEST(CountSegments, as_a_matrix_of_segments) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> time(0, 30);
    constexpr std::size_t kLabels = 4, kSegments = 100;
    for (int round = 0; round < 20; ++round) {
        std::vector<LabelEvents> events(kLabels);
        bool active[2][kLabels][kSegments] = {};
        for (std::size_t c = 0; c < kLabels; ++c) {
            for (int side = 0; side < 2; ++side) {
                for (int i = 0; i < 5; ++i) {
                    const double a = time(random), b = time(random);
                    const Interval event{std::min(a, b), std::max(a, b) / 4 + std::min(a, b) * 3 / 4};
                    (side == 0 ? events[c].reference : events[c].detected).push_back(event);
                    for (std::size_t s = 0; s < kSegments; ++s) {
                        const double begin = static_cast<double>(s) * 0.5, end = begin + 0.5;
                        active[side][c][s] |= event.onset_s < end && event.offset_s > begin;
                    }
                }
            }
        }
        const auto counts = count_segments(events, 0.5);
        SegmentErrors want;
        HitCounts per_label[kLabels];
        for (std::size_t s = 0; s < kSegments; ++s) {
            std::uint64_t reference = 0, detected = 0, hits = 0;
            for (std::size_t c = 0; c < kLabels; ++c) {
                const bool r = active[0][c][s], d = active[1][c][s];
                per_label[c] += HitCounts{r, d, r && d};
                reference += r;
                detected += d;
                hits += r && d;
            }
            const auto least = std::min(reference, detected);
            want += SegmentErrors{least - hits, reference - least, detected - least};
        }
        for (std::size_t c = 0; c < kLabels; ++c) {
            EXPECT_EQ(counts.labels[c].reference, per_label[c].reference);
            EXPECT_EQ(counts.labels[c].detected, per_label[c].detected);
            EXPECT_EQ(counts.labels[c].hits, per_label[c].hits);
        }
        EXPECT_EQ(counts.errors.substitutions, want.substitutions);
        EXPECT_EQ(counts.errors.deletions, want.deletions);
        EXPECT_EQ(counts.errors.insertions, want.insertions);
    }
}

}  // namespace
}  // namespace earshot::metrics
