#include "detect/score_recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "support/error.h"

namespace earshot {
namespace {

/// Samples 0, 1, 2, ... in blocks of at most `block`.
class CountingSource : public Source {
 public:
    CountingSource(std::int64_t total, std::size_t block) : total_(total), block_(block) {}
    AudioFormat format() const override { return {10, 1}; }
    std::span<const float> read(std::size_t max_frames) override {
        if (fail_at_ && next_ >= *fail_at_) throw Error("the device is gone");
        const auto count = std::min({static_cast<std::size_t>(total_ - next_), max_frames, block_});
        samples_.resize(count);
        std::iota(samples_.begin(), samples_.end(), static_cast<float>(next_));
        next_ += static_cast<std::int64_t>(count);
        return samples_;
    }
    std::optional<std::int64_t> frames() const override { return total_; }
    std::span<const Damage> damage() const override { return {}; }
    void fail_at(std::int64_t sample) { fail_at_ = sample; }

 private:
    std::int64_t total_, next_ = 0;
    std::size_t block_;
    std::optional<std::int64_t> fail_at_;
    std::vector<float> samples_;
};

/// Every two samples are a frame, a last single one too.
class PairFrontend : public Frontend {
 public:
    int rate_hz() const override { return 10; }
    std::size_t dimension() const override { return 2; }
    double hop_s() const override { return 0.2; }
    double window_s() const override { return 0.2; }
    void push(std::span<const float> samples, const FrameSink& sink) override {
        for (const float sample : samples) {
            pair_.push_back(sample);
            if (pair_.size() == 2) emit(sink);
        }
    }
    void finish(const FrameSink& sink) override {
        if (!pair_.empty()) {
            pair_.push_back(0);
            emit(sink);
        }
    }
    void reset() override { pair_.clear(); }
    nlohmann::ordered_json settings() const override { return {}; }

 private:
    void emit(const FrameSink& sink) {
        sink(pair_, 0);
        pair_.clear();
    }
    std::vector<float> pair_;
};

/// Scores a window by its sum, and remembers the sizes of batches.
class SumScorer : public Scorer {
 public:
    std::size_t window_values() const override { return 2; }
    std::size_t classes() const override { return 1; }
    void score(std::span<const float> windows, std::size_t count, std::span<float> scores) override {
        ASSERT_EQ(windows.size(), 2 * count);
        ASSERT_EQ(scores.size(), count);
        for (std::size_t i = 0; i < count; ++i) scores[i] = windows[2 * i] + windows[2 * i + 1];
        batches.push_back(count);
    }
    std::vector<std::size_t> batches;
};

TEST(ScoreRecording, every_window_is_scored_once_and_in_order) {
    for (const std::int64_t samples : {0, 1, 2, 3, 1023, 10'000}) {
        CountingSource source(samples, 37);
        PairFrontend frontend;
        SumScorer scorer;
        BatchScorer batches(scorer);
        std::vector<float> scores;
        double heard_s = 0;
        const auto scored =
            score_recording(source, frontend, batches,
                            {.live = false, .progress = [&](double seconds) { heard_s = seconds; }},
                            [&](std::span<const float> row) { scores.push_back(row[0]); });
        EXPECT_EQ(scored.windows, (samples + 1) / 2);
        EXPECT_DOUBLE_EQ(scored.duration_s, static_cast<double>(samples) / 10);
        EXPECT_DOUBLE_EQ(heard_s, scored.duration_s);
        ASSERT_EQ(scores.size(), static_cast<std::size_t>(scored.windows));
        for (std::size_t i = 0; i + 1 < scores.size(); ++i)
            EXPECT_EQ(scores[i], static_cast<float>(4 * i + 1));
        for (std::size_t i = 0; i + 1 < scorer.batches.size(); ++i) EXPECT_EQ(scorer.batches[i], 256u);
    }
}

TEST(ScoreRecording, live_sound_is_scored_as_it_comes) {
    CountingSource source(100, 10);
    PairFrontend frontend;
    SumScorer scorer;
    BatchScorer batches(scorer);
    double heard_s = 0;
    std::size_t windows = 0;
    score_recording(source, frontend, batches,
                    {.live = true,
                     .progress =
                         [&](double seconds) {
                             heard_s = seconds;
                             EXPECT_EQ(static_cast<double>(windows), 5 * heard_s);
                         }},
                    [&](std::span<const float>) { ++windows; });
    EXPECT_EQ(heard_s, 10);
    EXPECT_EQ(windows, 50u);
}

TEST(ScoreRecording, leaves_nothing_of_a_recording_that_failed) {
    PairFrontend frontend;
    SumScorer scorer;
    BatchScorer batches(scorer);
    std::vector<float> scores;
    const ScoreSink sink = [&](std::span<const float> row) { scores.push_back(row[0]); };
    CountingSource broken(100, 11);
    broken.fail_at(55);  // an odd number of samples: half a frame, and 27 frames that wait for a batch
    EXPECT_THROW(score_recording(broken, frontend, batches, {}, sink), Error);
    EXPECT_TRUE(scores.empty());
    CountingSource whole(4, 100);
    score_recording(whole, frontend, batches, {}, sink);
    EXPECT_THAT(scores, testing::ElementsAre(1.0f, 5.0f));
}

}  // namespace
}  // namespace earshot
