#include "live/sound_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace earshot::live {
namespace {

using namespace std::chrono_literals;

constexpr int kRate = 100;

/// Samples whose values are their positions.
std::vector<float> ramp(std::int64_t begin, std::size_t count) {
    std::vector<float> samples(count);
    std::iota(samples.begin(), samples.end(), static_cast<float>(begin));
    return samples;
}

void feed(SoundHistory& history, std::int64_t begin, std::size_t count) {
    history.samples(begin, UtcTime(std::chrono::milliseconds(10 * begin)), ramp(begin, count));
}

TEST(SoundHistory, holds_the_last_seconds_however_they_came) {
    for (const std::size_t block : {1, 7, 100, 999}) {
        SoundHistory history(kRate, 2);
        for (std::size_t begin = 0; begin < 999; begin += block)
            feed(history, static_cast<std::int64_t>(begin), std::min(block, 999 - begin));
        EXPECT_EQ(history.end(), 999);
        const auto cut = history.cut(850, 900);
        EXPECT_EQ(cut.position, 850);
        EXPECT_EQ(cut.samples, ramp(850, 50));
        EXPECT_EQ(cut.time, UtcTime(8500ms));
        EXPECT_EQ(history.cut(0, 10'000).samples, ramp(799, 200)) << "what there is of it";
        EXPECT_EQ(history.last(0.5).samples, ramp(949, 50));
    }
}

TEST(SoundHistory, gaps_are_silence_and_long_ones_begin_anew) {
    SoundHistory history(kRate, 2);
    feed(history, 0, 100);
    feed(history, 110, 10);
    const auto cut = history.cut(98, 112);
    EXPECT_THAT(cut.samples, testing::ElementsAre(98, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 110, 111));
    feed(history, 1000, 10);
    EXPECT_EQ(history.cut(0, 2000).samples, ramp(1000, 10));
}

TEST(SoundHistory, is_empty_at_first) {
    const SoundHistory history(kRate, 2);
    EXPECT_TRUE(history.cut(0, 100).samples.empty());
    EXPECT_TRUE(history.last(1).samples.empty());
}

}  // namespace
}  // namespace earshot::live
