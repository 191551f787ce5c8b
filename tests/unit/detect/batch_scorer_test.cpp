#include "detect/batch_scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "unit/detect/fake_scorer.h"

namespace earshot {
namespace {

TEST(BatchScorer, every_window_is_scored_once_and_in_order) {
    for (const int count : {0, 1, 255, 256, 257, 1000}) {
        FakeScorer scorer(2);
        BatchScorer batches(scorer);
        std::vector<float> firsts;
        const ScoreSink sink = [&](std::span<const float> scores) { firsts.push_back(scores[0]); };
        for (int i = 0; i < count; ++i) batches.push(std::array{static_cast<float>(i), 1.0f}, sink);
        batches.flush(sink);
        ASSERT_EQ(firsts.size(), static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i)
            EXPECT_EQ(firsts[static_cast<std::size_t>(i)], static_cast<float>(i) + 1);
        for (std::size_t i = 0; i + 1 < scorer.batches.size(); ++i) {
            EXPECT_EQ(scorer.batches[i], BatchScorer::kMaxWindows);
        }
    }
}

TEST(BatchScorer, large_windows_make_small_batches) {
    FakeScorer scorer(std::size_t{1} << 19);
    BatchScorer batches(scorer);
    const std::vector<float> window(scorer.window_values());
    for (int i = 0; i < 4; ++i) batches.push(window, [](std::span<const float>) {});
    EXPECT_THAT(scorer.batches, testing::ElementsAre(2, 2));
}

TEST(BatchScorer, refuses_windows_of_another_size) {
    FakeScorer scorer(2);
    BatchScorer batches(scorer);
    EXPECT_THROW(batches.push(std::array{1.0f}, [](std::span<const float>) {}), Error);
}

}  // namespace
}  // namespace earshot
