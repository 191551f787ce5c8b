#include "live/live_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "support/error.h"
#include "unit/model/fake_scorer.h"

namespace earshot::live {
namespace {

using namespace std::chrono_literals;

constexpr int kRate = 8000;
const UtcTime kStart = UtcTime(1'000'000s);

/// A tone that never ends, as a script of what a device does with it.
class ScriptedSource : public capture::LiveSource {
 public:
    struct Step {
        enum What { sound, lose, pause, lost, fail } what;
        double seconds;
    };
    explicit ScriptedSource(std::vector<Step> steps) : steps_(std::move(steps)) {}

    audio::AudioFormat format() const override { return {kRate, 1}; }
    std::span<const audio::Damage> damage() const override { return {}; }
    const capture::BlockTime& time() const override { return time_; }
    bool is_lost() const override { return lost_; }
    bool is_paused() const override { return paused_; }
    void pause(bool paused) override { paused_ = paused; }
    capture::CaptureStatistics statistics() const override {
        capture::CaptureStatistics now;
        now.delivered = delivered_;
        now.lost = lost_frames_;
        now.paused = paused_frames_;
        return now;
    }

    Arrival wait(std::chrono::milliseconds) override {
        while (next_ < steps_.size()) {
            auto& step = steps_[next_];
            const auto frames = std::llround(step.seconds * kRate);
            switch (step.what) {
                case Step::sound:
                    return Arrival::sound;
                case Step::fail:
                    return Arrival::end;
                case Step::lose:
                    skip(frames, capture::GapCause::overrun, lost_frames_);
                    break;
                case Step::pause:
                    paused_ = true;
                    skip(frames, capture::GapCause::paused, paused_frames_);
                    ++next_;
                    return Arrival::nothing_yet;
                case Step::lost:
                    lost_ = true;
                    skip(frames, capture::GapCause::device_lost, lost_frames_);
                    ++next_;
                    return Arrival::nothing_yet;
            }
            ++next_;
        }
        return Arrival::end;
    }

    std::span<const float> read(std::size_t max_frames) override {
        if (wait(0ms) == Arrival::end) {
            if (next_ < steps_.size()) throw Error("the device is gone");
            return {};
        }
        auto& step = steps_[next_];
        const auto left = static_cast<std::size_t>(std::llround(step.seconds * kRate));
        block_.resize(std::min({left, max_frames, std::size_t{777}}));
        for (std::size_t i = 0; i < block_.size(); ++i)
            block_[i] = static_cast<float>(
                0.8 * std::sin(std::numbers::pi / 4 *
                               static_cast<double>(position_ + static_cast<std::int64_t>(i))));
        time_ = {kStart + std::chrono::microseconds(1'000'000 * position_ / kRate), position_, gap_};
        gap_.reset();
        lost_ = paused_ = false;
        position_ += static_cast<std::int64_t>(block_.size());
        delivered_ += static_cast<std::int64_t>(block_.size());
        step.seconds -= static_cast<double>(block_.size()) / kRate;
        if (block_.size() == left) ++next_;
        return block_;
    }

 private:
    void skip(std::int64_t frames, capture::GapCause cause, std::int64_t& count) {
        gap_ = capture::Gap{(gap_ ? gap_->frames : 0) + frames, cause};
        position_ += frames;
        count += frames;
    }

    std::vector<Step> steps_;
    std::size_t next_ = 0;
    std::vector<float> block_;
    capture::BlockTime time_;
    std::optional<capture::Gap> gap_;
    std::int64_t position_ = 0, delivered_ = 0, lost_frames_ = 0, paused_frames_ = 0;
    bool lost_ = false, paused_ = false;
};

std::unique_ptr<detect::Listener> listener(int rate_hz = kRate) {
    model::ModelFile file;
    file.frontend = {{"kind", "spectrum"}, {"rate_hz", rate_hz}, {"duration_s", 0.5},
                     {"low_hz", 500.0},    {"high_hz", 1500.0},  {"bins", 1}};
    file.labels = {"tone", "background"};
    detect::EventRules rules{{{"tone", 0.5, 0.5, 0, 0, 1}, detect::EventRule{}}, {}};
    return std::make_unique<detect::Listener>(
        std::make_shared<model::Model>("model", file, std::make_unique<FakeScorer>(1)), std::move(rules));
}

struct Witness : LiveSink {
    std::vector<std::pair<double, double>> events, gaps;
    std::vector<UtcTime> times;
    std::vector<capture::GapCause> causes;
    std::size_t starts_seen = 0, turns = 0;
    std::int64_t heard = 0;
    std::function<void()> on_turn;

    void samples(std::int64_t, UtcTime, std::span<const float> samples) override {
        heard += static_cast<std::int64_t>(samples.size());
    }
    void starts(const LiveEvent&) override { ++starts_seen; }
    void ends(const LiveEvent& event) override {
        events.emplace_back(event.event.onset_s, event.event.offset_s);
        times.push_back(event.time);
    }
    void gap(const LiveGap& gap) override {
        gaps.emplace_back(gap.onset_s, gap.offset_s);
        causes.push_back(gap.cause);
    }
    void turn() override {
        ++turns;
        if (on_turn) on_turn();
    }
};

using Step = ScriptedSource::Step;
using testing::ElementsAre;
using testing::Pair;

TEST(LiveListener, an_event_ends_where_sound_is_missing_and_the_time_line_goes_on) {
    ScriptedSource source({{Step::sound, 3}, {Step::lose, 1.25}, {Step::sound, 2}});
    Witness witness;
    LiveListener live(source, "device", listener());
    live.add(witness);
    live.run();
    EXPECT_THAT(witness.events, ElementsAre(Pair(0, 3), Pair(4.25, 6.25)));
    EXPECT_THAT(witness.gaps, ElementsAre(Pair(3, 4.25)));
    EXPECT_THAT(witness.causes, ElementsAre(capture::GapCause::overrun));
    EXPECT_EQ(witness.starts_seen, 2u);
    EXPECT_EQ(witness.heard, 5 * kRate);
    EXPECT_EQ(witness.times[1], kStart + 4250ms);
    EXPECT_EQ(live.totals().heard_s, 5);
    EXPECT_EQ(live.totals().gaps_s, 1.25);
}

TEST(LiveListener, a_pause_and_a_lost_device_end_events_before_sound_comes_back) {
    for (const auto what : {Step::pause, Step::lost}) {
        ScriptedSource source({{Step::sound, 2}, {what, 3}, {Step::sound, 1}});
        Witness witness;
        LiveListener live(source, "device", listener());
        std::size_t ended_before_sound = 0;
        witness.on_turn = [&] {
            if (witness.heard == 2 * kRate) ended_before_sound = witness.events.size();
        };
        live.add(witness);
        live.run();
        EXPECT_EQ(ended_before_sound, 1u);
        EXPECT_THAT(witness.events, ElementsAre(Pair(0, 2), Pair(5, 6)));
        EXPECT_THAT(witness.gaps, ElementsAre(Pair(2, 5)));
    }
}

TEST(LiveListener, a_gap_that_no_sound_follows_is_told_at_the_end) {
    ScriptedSource source({{Step::sound, 1}, {Step::pause, 2}});
    Witness witness;
    LiveListener live(source, "device", listener());
    live.add(witness);
    live.run();
    EXPECT_THAT(witness.gaps, ElementsAre(Pair(1, 3)));
    EXPECT_THAT(witness.causes, ElementsAre(capture::GapCause::paused));
}

TEST(LiveListener, a_device_that_fails_fails_after_what_it_delivered_was_heard) {
    ScriptedSource source({{Step::sound, 2}, {Step::fail, 0}});
    Witness witness;
    LiveListener live(source, "device", listener());
    live.add(witness);
    EXPECT_THROW(live.run(), Error);
    EXPECT_THAT(witness.events, ElementsAre(Pair(0, 2)));
}

TEST(LiveListener, ends_after_its_duration_to_the_sample_and_when_it_is_stopped) {
    ScriptedSource endless({{Step::sound, 1000}});
    Witness witness;
    LiveListener live(endless, "device", listener(), 2.75);
    live.add(witness);
    live.run();
    EXPECT_EQ(witness.heard, 22'000);
    EXPECT_THAT(witness.events, ElementsAre(Pair(0, 2.75)));

    ScriptedSource other({{Step::sound, 1000}});
    Witness stopper;
    LiveListener stopped(other, "device", listener());
    stopper.on_turn = [&] {
        if (stopper.heard >= kRate) stopped.stop();
    };
    stopped.add(stopper);
    stopped.run();
    EXPECT_LT(stopper.heard, 2 * kRate);
    EXPECT_EQ(stopper.events.size(), 1u);
}

TEST(LiveListener, another_listener_goes_on_where_the_one_before_ended) {
    ScriptedSource source({{Step::sound, 4}});
    Witness witness;
    LiveListener live(source, "device", listener());
    bool replaced = false;
    witness.on_turn = [&] {
        if (replaced || witness.heard < 2 * kRate) return;
        replaced = true;
        EXPECT_THROW(live.replace(listener(16'000)), Error);
        live.replace(listener());
    };
    live.add(witness);
    live.run();
    ASSERT_EQ(witness.events.size(), 2u);
    EXPECT_EQ(witness.heard, 4 * kRate) << "no sample is passed over";
    EXPECT_EQ(witness.gaps.size(), 0u);
    EXPECT_EQ(witness.events[0].second, witness.events[1].first);
}

}  // namespace
}  // namespace earshot::live
