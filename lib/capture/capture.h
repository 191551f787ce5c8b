#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <thread>

#include "audio/damage_log.h"
#include "capture/back_off.h"
#include "capture/block_ring.h"
#include "capture/device.h"
#include "capture/time_keeper.h"
#include "capture/wakeup.h"

namespace earshot::capture {

/// Moves blocks from a device into a ring on a thread of its own, and reopens the device when it is lost.
class Capture : public LiveSource {
 public:
    Capture(std::string name, DeviceOpener open, const CaptureOptions& options, const Clock& clock);
    ~Capture() override;

    audio::AudioFormat format() const override { return format_; }
    std::span<const float> read(std::size_t max_frames) override;
    std::span<const audio::Damage> damage() const override { return damage_.all(); }
    Arrival wait(std::chrono::milliseconds longest) override;
    bool is_lost() const override { return lost_; }
    const BlockTime& time() const override { return time_; }
    CaptureStatistics statistics() const override;
    void pause(bool paused) override { paused_ = paused; }
    bool is_paused() const override { return paused_; }

 private:
    using Gaps = std::array<std::int64_t, 3>;  // frames, by cause

    // On the capture thread:
    void run();
    bool stopping() const;
    void take(const DeviceBlock& block);
    void place(const DeviceBlock& block, std::size_t frames);
    void deliver(std::span<const float> samples);
    void omit(std::size_t frames, GapCause cause);
    std::optional<Gap> gap_before() const;
    void overrun_ends(UtcTime utc);
    bool recover(const std::string& what);
    std::unique_ptr<Device> reopen();
    void publish();
    void notify(CaptureNotice::Kind kind, std::string text);

    // Of the reader:
    void release();
    void end();

    const std::string name_;
    const DeviceOpener open_;
    const CaptureOptions options_;
    const Clock& clock_;
    std::atomic<bool> stop_ = false, paused_ = false,
                      lost_ = false;  // declared before the device, which calls stopping()
    DeviceRequest request_;
    std::unique_ptr<Device> device_;  // used only by the thread while it runs
    const audio::AudioFormat device_format_;
    const audio::AudioFormat format_;

    BlockRing ring_;
    Wakeup pushed_, popped_;
    std::atomic<bool> ended_ = false;  // nothing more will be pushed
    std::exception_ptr failure_;       // written before ended_

    // The thread's.
    TimeKeeper keeper_;
    BackOff back_off_;
    bool started_ = false;
    std::int64_t position_ = 0;         // of the next frame
    Gaps gap_{};                        // before it
    std::optional<GapCause> expected_;  // of a gap whose length only the clock can tell
    bool overrun_ = false;              // drop blocks until there is room again

    // Statistics, written by the thread (except delivered_), read by any.
    std::array<std::atomic<std::int64_t>, 3> omitted_{};
    std::atomic<std::int64_t> delivered_ = 0;
    std::atomic<int> overruns_ = 0, reconnects_ = 0;
    std::atomic<double> drift_ppm_;  // NaN: not known yet

    // The reader's.
    BlockTime time_;
    std::size_t held_ = 0;  // frames of the block that read() returned last
    audio::DamageLog damage_;
    std::jthread thread_;
};

}  // namespace earshot::capture
