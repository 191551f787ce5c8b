#include "capture/capture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <semaphore>

#include "unit/capture/fakes.h"

namespace earshot::capture {
namespace {

struct Heard {
    std::vector<float> samples;
    std::vector<BlockTime> times;      // of each block
    std::vector<std::size_t> lengths;  // of each block
};

class CaptureTest : public testing::Test {
 protected:
    std::unique_ptr<LiveSource> open(bool waits = false) {
        options_.notify = [this](const CaptureNotice& notice) { notices_.push_back(notice); };
        return capture(
            "fake",
            [this, waits](const DeviceRequest&) -> std::unique_ptr<Device> {
                if (opened_++ > 0 && away_-- > 0) throw Error("fake: still away");
                return std::make_unique<FakeDevice>(script_, clock_, count_, waits);
            },
            options_, clock_);
    }
    static Heard read_all(LiveSource& source, std::size_t max_frames = 1 << 20) {
        Heard heard;
        for (auto block = source.read(max_frames); !block.empty(); block = source.read(max_frames)) {
            heard.samples.insert(heard.samples.end(), block.begin(), block.end());
            heard.times.push_back(source.time());
            heard.lengths.push_back(block.size());
        }
        return heard;
    }
    /// Each block's position is the count of its first sample, and all blocks and gaps make up the time line.
    static void expect_true_positions(const Heard& heard) {
        std::size_t at = 0;
        std::int64_t end = 0;
        for (std::size_t i = 0; i < heard.times.size(); at += heard.lengths[i], ++i) {
            const BlockTime& time = heard.times[i];
            EXPECT_EQ(static_cast<float>(time.position), heard.samples[at]);
            EXPECT_EQ(time.position - end, time.gap ? time.gap->frames : 0);
            end = time.position + static_cast<std::int64_t>(heard.lengths[i]);
        }
    }
    static std::deque<Step> blocks(int count, std::size_t frames = 100) {
        return std::deque<Step>(count, Step{frames});
    }

    FakeClock clock_;
    std::deque<Step> script_;
    std::int64_t count_ = 0;
    int opened_ = 0, away_ = 0;
    CaptureOptions options_;
    std::vector<CaptureNotice> notices_;
};

TEST_F(CaptureTest, DeliversEverySampleAtItsTime) {
    script_ = blocks(50);
    const UtcTime begin = clock_.utc();
    const auto source = open();
    const auto heard = read_all(*source, 37);
    ASSERT_EQ(heard.samples.size(), 5000u);
    expect_true_positions(heard);
    for (const BlockTime& time : heard.times)
        EXPECT_NEAR(static_cast<double>((time.utc - begin).count()),
                    1000.0 * static_cast<double>(time.position), 2);
    EXPECT_EQ(source->statistics().delivered, 5000);
    EXPECT_EQ(source->statistics().lost, 0);
    EXPECT_TRUE(source->read(1).empty());
}

TEST_F(CaptureTest, AReaderThatStaysAwayFindsOneGapThatSaysAll) {
    options_.buffer_s = 1;  // ten blocks
    std::binary_semaphore full(0), drained(0);
    script_ = blocks(30);
    script_.push_back({100, 0, 0, false, false, false, [&] {
                           full.release();
                           drained.acquire();
                       }});
    for (const Step& step : blocks(5)) script_.push_back(step);
    const auto source = open();
    full.acquire();
    std::vector<float> samples;
    Heard heard;
    while (samples.size() < 1000) {
        const auto block = source->read(300);
        samples.insert(samples.end(), block.begin(), block.end());
    }
    EXPECT_EQ(source->wait(std::chrono::milliseconds(0)), LiveSource::Arrival::nothing_yet);
    drained.release();
    heard = read_all(*source);
    ASSERT_TRUE(heard.times[0].gap);
    EXPECT_EQ(heard.times[0].gap->frames, 2000);
    EXPECT_EQ(heard.times[0].gap->cause, GapCause::overrun);
    EXPECT_EQ(heard.times[0].position, 3000);
    EXPECT_EQ(heard.samples.size(), 600u);
    EXPECT_EQ(heard.samples[0], 3000);
    EXPECT_EQ(source->statistics().lost, 2000);
    EXPECT_EQ(source->statistics().overruns, 1);
    ASSERT_EQ(notices_.size(), 1u);
    EXPECT_EQ(notices_[0].kind, CaptureNotice::Kind::overrun);
    EXPECT_NE(notices_[0].text.find("2.000 s"), std::string::npos) << notices_[0].text;
}

TEST_F(CaptureTest, WhatCanWaitIsNeverLost) {
    options_.buffer_s = 0.1;
    script_ = blocks(200, 70);
    const auto source = open(true);
    const auto heard = read_all(*source, 13);
    EXPECT_EQ(heard.samples.size(), 14000u);
    expect_true_positions(heard);
    EXPECT_EQ(source->statistics().lost, 0);
}

TEST_F(CaptureTest, SamplesThatTheDeviceCountedAsLost) {
    script_ = blocks(5);
    script_.push_back({100, 0, 321});
    const auto heard = read_all(*open());
    expect_true_positions(heard);
    EXPECT_EQ(heard.times.back().gap->frames, 321);
}

TEST_F(CaptureTest, SamplesThatOnlyTheClockCanCount) {
    script_ = blocks(50);
    script_.push_back({100, 1.5, 0, true});
    const auto source = open();
    const auto heard = read_all(*source);
    expect_true_positions(heard);
    EXPECT_EQ(heard.times.back().gap->frames, 1500);
    EXPECT_EQ(heard.times.back().gap->cause, GapCause::overrun);
    EXPECT_EQ(source->statistics().overruns, 1);
}

TEST_F(CaptureTest, ADeviceThatVanishesIsWaitedFor) {
    script_ = blocks(20);
    script_.push_back({0, 0, 0, false, true});
    for (const Step& step : blocks(20)) script_.push_back(step);
    away_ = 3;
    const auto begin = clock_.steady();
    const auto source = open();
    const auto heard = read_all(*source);
    ASSERT_EQ(heard.samples.size(), 4000u);
    EXPECT_EQ(opened_, 5);
    EXPECT_EQ(clock_.sleeps(), 4);
    const double away_s = std::chrono::duration<double>(clock_.steady() - begin).count() - 4;
    const auto with_gap =
        std::ranges::find_if(heard.times, [](const BlockTime& time) { return time.gap.has_value(); });
    ASSERT_NE(with_gap, heard.times.end());
    EXPECT_EQ(with_gap->gap->cause, GapCause::device_lost);
    EXPECT_NEAR(static_cast<double>(with_gap->gap->frames), 1000 * away_s, 1);
    EXPECT_EQ(with_gap->position, 2000 + with_gap->gap->frames);
    EXPECT_EQ(source->statistics().reconnects, 1);
    ASSERT_EQ(notices_.size(), 2u);
    EXPECT_EQ(notices_[0].kind, CaptureNotice::Kind::lost);
    EXPECT_EQ(notices_[1].kind, CaptureNotice::Kind::resumed);
}

TEST_F(CaptureTest, OrNotIfThatIsNotWanted) {
    options_.reconnect = false;
    script_ = blocks(20);
    script_.push_back({0, 0, 0, false, true});
    const auto source = open();
    std::size_t frames = 0;
    EXPECT_THROW(
        {
            for (auto block = source->read(100); !block.empty(); block = source->read(100))
                frames += block.size();
        },
        Error);
    EXPECT_EQ(frames, 2000u) << "what came before is delivered";
    EXPECT_THROW(source->read(1), Error);
}

TEST_F(CaptureTest, APauseIsAGap) {
    LiveSource* opened = nullptr;
    std::binary_semaphore ready(0);
    script_.push_back({100, 0, 0, false, false, false, [&] { ready.acquire(); }});
    script_.push_back({100, 0, 0, false, false, false, [&] { opened->pause(true); }});
    script_.push_back({100});
    script_.push_back({100, 0, 0, false, false, false, [&] { opened->pause(false); }});
    const auto source = open();
    opened = source.get();
    ready.release();
    const auto heard = read_all(*source);
    expect_true_positions(heard);
    ASSERT_EQ(heard.times.size(), 2u);
    EXPECT_EQ(heard.times[1].gap->frames, 200);
    EXPECT_EQ(heard.times[1].gap->cause, GapCause::paused);
    EXPECT_EQ(source->statistics().paused, 200);
    EXPECT_EQ(source->statistics().lost, 0);
}

TEST_F(CaptureTest, AClockThatIsSetBackIsSaidAndFollowed) {
    script_ = blocks(30);
    script_.push_back({100, 0, 0, false, false, false, [&] { clock_.set_utc(-3600); }});
    for (const Step& step : blocks(30)) script_.push_back(step);
    const UtcTime begin = clock_.utc();
    const auto source = open();
    const auto heard = read_all(*source);
    EXPECT_EQ(heard.samples.size(), 6100u);
    EXPECT_FALSE(
        std::ranges::any_of(heard.times, [](const BlockTime& time) { return time.gap.has_value(); }));
    const double last_s = std::chrono::duration<double>(heard.times.back().utc - begin).count();
    EXPECT_NEAR(last_s, -3600 + 6.0, 0.01);
    ASSERT_EQ(notices_.size(), 1u);
    EXPECT_EQ(notices_[0].text, "the system clock was set back by 3600.000 s");
}

TEST_F(CaptureTest, ResampledBlocksKeepTimesAndGaps) {
    options_.rate_hz = 500;
    script_ = blocks(50);
    script_.push_back({100, 1.5, 0, true});
    for (const Step& step : blocks(20)) script_.push_back(step);
    const UtcTime begin = clock_.utc();
    const auto source = open();
    const auto heard = read_all(*source);
    EXPECT_EQ(heard.samples.size(), 2500u + 1050u);
    int gaps = 0;
    std::int64_t end = 0;
    for (std::size_t i = 0; i < heard.times.size(); ++i) {
        const BlockTime& time = heard.times[i];
        EXPECT_EQ(time.position - end, time.gap ? time.gap->frames : 0);
        gaps += time.gap ? 1 : 0;
        end = time.position + static_cast<std::int64_t>(heard.lengths[i]);
        EXPECT_NEAR(static_cast<double>((time.utc - begin).count()),
                    2000.0 * static_cast<double>(time.position), 3000);
    }
    EXPECT_EQ(gaps, 1);
    EXPECT_EQ(end, 2500 + 750 + 1050);
}

}  // namespace
}  // namespace earshot::capture
