#include "audio/ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/error.h"
#include "unit/audio/audio_files.h"

namespace earshot::audio {
namespace {

/// Counts up; ends, or throws, after a given number of frames.
class Counter : public Source {
 public:
    Counter(std::size_t frames, bool fails, std::atomic<std::size_t>* read = nullptr)
        : frames_(frames), fails_(fails), read_(read) {}
    AudioFormat format() const override { return {1000, 1}; }
    std::span<const float> read(std::size_t max_frames) override {
        if (at_ == frames_ && fails_) throw Error("broken");
        const std::size_t count = std::min({max_frames, std::size_t{700}, frames_ - at_});
        block_.resize(count);
        for (float& sample : block_) sample = static_cast<float>(at_++);
        if (at_ == frames_) damage_ = {{1.5, "torn"}};
        if (read_) *read_ = at_;
        return block_;
    }
    std::optional<std::int64_t> frames() const override { return frames_; }
    std::span<const Damage> damage() const override { return damage_; }

 private:
    std::size_t frames_, at_ = 0;
    bool fails_;
    std::atomic<std::size_t>* read_;
    std::vector<float> block_;
    std::vector<Damage> damage_;
};

TEST(Ahead, DeliversTheSameAndTheDamage) {
    AheadSource source(std::make_unique<Counter>(300'000, false));
    EXPECT_EQ(source.frames(), 300'000);
    const auto samples = read_all(source, 777);
    ASSERT_EQ(samples.size(), 300'000u);
    for (std::size_t i = 0; i < samples.size(); ++i) ASSERT_EQ(samples[i], static_cast<float>(i));
    EXPECT_TRUE(source.read(1).empty());
    ASSERT_EQ(source.damage().size(), 1u);
    EXPECT_EQ(source.damage()[0].what, "torn");
}

TEST(Ahead, AnErrorComesAfterWhatWasReadBeforeIt) {
    AheadSource source(std::make_unique<Counter>(50'000, true));
    std::size_t frames = 0;
    EXPECT_THROW(
        {
            for (auto block = source.read(4096); !block.empty(); block = source.read(4096))
                frames += block.size();
        },
        Error);
    EXPECT_EQ(frames, 50'000u);
    EXPECT_THROW(source.read(1), Error);
}

TEST(Ahead, ReadsOnlyAFewBlocksAheadAndCanBeDroppedAtAnyTime) {
    for (const std::size_t taken : {0u, 1u, 20'000u}) {
        std::atomic<std::size_t> read = 0;
        AheadSource source(std::make_unique<Counter>(100'000'000, false, &read));
        for (std::size_t have = 0; have < taken;) have += source.read(taken - have).size();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        EXPECT_LE(read, taken + 5 * 131072);  // four blocks and what is left of the one in hand
    }
}

}  // namespace
}  // namespace earshot::audio
