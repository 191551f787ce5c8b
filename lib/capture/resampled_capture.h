#pragma once

#include <memory>
#include <optional>

#include "audio/resample.h"
#include "capture/live_source.h"

namespace earshot::capture {

/// A live source at another rate. Each stretch between two gaps is resampled separately, so that no filter
/// reaches across a gap; positions are counted at the new rate.
class ResampledCapture : public LiveSource {
 public:
    ResampledCapture(std::unique_ptr<LiveSource> source, int rate_hz);

    audio::AudioFormat format() const override { return {rate_hz_, source_->format().channels}; }
    std::span<const float> read(std::size_t max_frames) override;
    std::span<const audio::Damage> damage() const override { return source_->damage(); }
    Arrival wait(std::chrono::milliseconds longest) override { return source_->wait(longest); }
    bool is_lost() const override { return source_->is_lost(); }
    const BlockTime& time() const override { return time_; }
    CaptureStatistics statistics() const override;
    void pause(bool paused) override { source_->pause(paused); }
    bool is_paused() const override { return source_->is_paused(); }

 private:
    class Run;
    std::int64_t output_position(std::int64_t input) const;
    void start_run();

    std::unique_ptr<LiveSource> source_;
    const int rate_hz_;
    Run* run_ = nullptr;  // what the resampler reads
    std::unique_ptr<audio::ResampledSource> resampled_;
    std::int64_t position_ = 0;  // of the next frame out
    BlockTime time_;
};

}  // namespace earshot::capture
