#include "dataset/row_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace earshot::dataset {
namespace {

// The oracle is a flag for each frame.
TEST(RowRuns, are_a_set_of_frames) {
    std::mt19937 random(7);
    const auto whole = [&](unsigned most) { return static_cast<std::int64_t>(random() % (most + 1)); };
    for (int round = 0; round < 200; ++round) {
        constexpr std::int64_t kFrames = 50;
        RowRuns runs, other;
        std::vector<char> flags(kFrames), other_flags(kFrames);
        for (int i = 0; i < 12; ++i) {
            const std::int64_t first = whole(kFrames), count = std::min(whole(9), kFrames - first);
            const bool add = random() % 3 > 0;
            add ? runs.add({first, count}) : runs.remove({first, count});
            std::fill_n(flags.begin() + first, count, add);
            const std::int64_t elsewhere = whole(kFrames - 5);
            other.add({elsewhere, 5});
            std::fill_n(other_flags.begin() + elsewhere, 5, true);
        }
        EXPECT_EQ(runs.count(), std::ranges::count(flags, true));
        for (const auto& run : runs.runs()) {
            EXPECT_GT(run.count, 0);
            EXPECT_TRUE(run.first == 0 || !flags[static_cast<std::size_t>(run.first - 1)]) << "they touch";
        }
        for (std::int64_t first = -3; first < kFrames + 3; ++first) {
            const windows::RowSpan some{first, whole(20)};
            std::int64_t there = 0, both = 0;
            for (auto row = std::max<std::int64_t>(0, first); row < std::min(kFrames, first + some.count);
                 ++row) {
                const auto i = static_cast<std::size_t>(row);
                there += flags[i];
                both += flags[i] && other_flags[i];
            }
            ASSERT_EQ(runs.count(some), there);
            ASSERT_EQ(common(runs, other, some), both);
            ASSERT_EQ(common(other, runs, some), both);
        }
    }
}

TEST(RowRuns, hours_of_frames_are_one_run) {
    RowRuns runs;
    for (std::int64_t row = 0; row < 100000; ++row) runs.add({row, 1});
    EXPECT_EQ(runs.runs().size(), 1U);
    EXPECT_EQ(runs.count(), 100000);
}

}  // namespace
}  // namespace earshot::dataset
