#include "detect/batch_scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "unit/detect/fake_scorer.h"

namespace earshot::detect {
namespace {

TEST(BatchScorer, every_window_is_scored_once_in_order_and_for_its_owner) {
    for (const int count : {0, 1, 255, 256, 257, 1000}) {
        FakeScorer scorer(2);
        BatchScorer batches(scorer);
        std::vector<float> firsts;
        std::vector<std::size_t> owners;
        const ScoreSink sink = [&](std::size_t owner, std::span<const float> scores) {
            firsts.push_back(scores[0]);
            owners.push_back(owner);
        };
        for (int i = 0; i < count; ++i)
            batches.push(static_cast<std::size_t>(i / 3), std::array{static_cast<float>(i), 1.0f}, sink);
        batches.flush(sink);
        ASSERT_EQ(firsts.size(), static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < firsts.size(); ++i) {
            EXPECT_EQ(firsts[i], static_cast<float>(i) + 1);
            EXPECT_EQ(owners[i], i / 3);
        }
        for (std::size_t i = 0; i + 1 < scorer.batches.size(); ++i) {
            EXPECT_EQ(scorer.batches[i], BatchScorer::kMaxWindows);
        }
    }
}

TEST(BatchScorer, large_windows_make_small_batches) {
    FakeScorer scorer(std::size_t{1} << 19);
    BatchScorer batches(scorer);
    const std::vector<float> window(scorer.window_values());
    for (int i = 0; i < 4; ++i) batches.push(0, window, [](std::size_t, std::span<const float>) {});
    EXPECT_THAT(scorer.batches, testing::ElementsAre(2, 2));
}

TEST(BatchScorer, refuses_windows_of_another_size) {
    FakeScorer scorer(2);
    BatchScorer batches(scorer);
    EXPECT_THROW(batches.push(0, std::array{1.0f}, [](std::size_t, std::span<const float>) {}), Error);
}

}  // namespace
}  // namespace earshot::detect
