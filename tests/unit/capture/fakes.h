#pragma once

#include <atomic>
#include <cmath>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "capture/device.h"
#include "support/error.h"

namespace earshot {

/// Time that passes only when somebody sleeps, or a test says so.
class FakeClock : public capture::Clock {
 public:
    capture::SteadyTime steady() const override {
        return capture::SteadyTime(std::chrono::microseconds(now_us_.load()));
    }
    UtcTime utc() const override {
        return UtcTime(std::chrono::microseconds(now_us_.load() + utc_offset_us_.load()));
    }
    void sleep_until(capture::SteadyTime then, const std::function<bool()>&) const override {
        const auto us =
            std::chrono::duration_cast<std::chrono::microseconds>(then.time_since_epoch()).count();
        if (us > now_us_) now_us_ = us;
        ++sleeps_;
    }
    void pass(double seconds) { now_us_ += std::llround(1e6 * seconds); }
    void set_utc(double seconds_later) { utc_offset_us_ += static_cast<std::int64_t>(1e6 * seconds_later); }
    int sleeps() const { return sleeps_; }

 private:
    mutable std::atomic<std::int64_t> now_us_ = 1'000'000'000;
    std::atomic<std::int64_t> utc_offset_us_ = 1'700'000'000'000'000;
    mutable std::atomic<int> sleeps_ = 0;
};

/// What the device does next, one step a read().
struct Step {
    std::size_t frames = 0;
    double silent_s = 0;  // passes before, in which the device loses what sounds
    std::int64_t lost = 0;
    bool discontinuous = false, vanishes = false, ends = false;
    std::function<void()> first = {};  // done before the read
};

/// Plays a script; its samples count up from 0 by true time, those that are lost included.
class FakeDevice : public capture::Device {
 public:
    FakeDevice(std::deque<Step>& script, FakeClock& clock, std::int64_t& count, bool waits)
        : script_(script), clock_(clock), count_(count), waits_(waits) {}
    audio::AudioFormat format() const override { return {1000, 1}; }
    bool can_wait() const override { return waits_; }
    capture::DeviceBlock read() override {
        if (script_.empty()) return {{}, {}, 0, false, true};
        const Step step = script_.front();
        script_.pop_front();
        if (step.first) step.first();
        if (step.vanishes) throw Error("fake: gone");
        clock_.pass(step.silent_s);
        count_ += static_cast<std::int64_t>(1000 * step.silent_s) + step.lost;
        block_.resize(step.frames);
        for (float& sample : block_) sample = static_cast<float>(count_++);
        clock_.pass(static_cast<double>(static_cast<std::int64_t>(step.frames) + step.lost) / 1000);
        return {block_, clock_.steady(), step.lost, step.discontinuous, step.ends};
    }

 private:
    std::deque<Step>& script_;
    FakeClock& clock_;
    std::int64_t& count_;
    const bool waits_;
    std::vector<float> block_;
};

}  // namespace earshot
