#include "capture/block_ring.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace earshot::capture {
namespace {

TEST(BlockRing, TakesWhatFitsAndSaysHowMuch) {
    BlockRing ring(10, 2);
    std::vector<float> samples(2 * 8);
    std::iota(samples.begin(), samples.end(), 0.0f);
    EXPECT_EQ(ring.push({}, samples), 8u);
    EXPECT_EQ(ring.push({}, samples), 2u);
    EXPECT_EQ(ring.push({}, samples), 0u);
    EXPECT_EQ(ring.room(), 0u);
    const auto front = ring.front(100);
    ASSERT_TRUE(front);
    EXPECT_EQ(front->samples.size(), 16u) << "blocks are not joined: there may be a gap between";
    ring.pop(8);
    EXPECT_EQ(ring.front(100)->samples.size(), 4u);
    EXPECT_EQ(ring.room(), 8u);
}

TEST(BlockRing, PassesEverythingInOrderBetweenThreads) {
    constexpr std::int64_t kFrames = 2'000'000;
    BlockRing ring(1000, 1);
    std::jthread producer([&] {
        std::vector<float> block;
        std::int64_t position = 0;
        for (std::size_t size = 1; position < kFrames; size = size % 97 + 1) {
            block.resize(std::min<std::size_t>(size, static_cast<std::size_t>(kFrames - position)));
            for (std::size_t i = 0; i < block.size(); ++i)
                block[i] = static_cast<float>((position + static_cast<std::int64_t>(i)) % 65536);
            for (std::span<const float> rest = block; !rest.empty();) {
                const std::size_t taken = ring.push({{}, position, {}}, rest);
                position += static_cast<std::int64_t>(taken);
                rest = rest.subspan(taken);
                if (taken == 0) std::this_thread::yield();
            }
        }
    });
    std::int64_t next = 0;
    while (next < kFrames) {
        const auto front = ring.front(50);
        if (!front) {
            std::this_thread::yield();
            continue;
        }
        ASSERT_EQ(front->time.position + static_cast<std::int64_t>(front->offset), next);
        for (const float sample : front->samples) ASSERT_EQ(sample, static_cast<float>(next++ % 65536));
        ring.pop(front->samples.size());
    }
    EXPECT_TRUE(ring.empty());
}

}  // namespace
}  // namespace earshot::capture
