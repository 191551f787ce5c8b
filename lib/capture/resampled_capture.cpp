#include "capture/resampled_capture.h"

#include <cmath>
#include <utility>

namespace earshot::capture {

/// The source up to its next gap. The block behind the gap is kept for the run that follows.
class ResampledCapture::Run : public audio::Source {
 public:
    explicit Run(LiveSource& source) : source_(source) {}

    audio::AudioFormat format() const override { return source_.format(); }
    std::optional<std::int64_t> frames() const override { return {}; }
    std::span<const audio::Damage> damage() const override { return source_.damage(); }

    std::span<const float> read(std::size_t max_frames) override {
        if (ended_) return {};
        auto block = std::exchange(kept_, {});
        if (block.empty()) {
            block = source_.read(max_frames);
            if (block.empty() || (begun_ && source_.time().gap)) {
                kept_ = block;
                ended_ = true;
                return {};
            }
        }
        if (!std::exchange(begun_, true)) begin_ = source_.time();
        return block;
    }

    /// What follows the gap; empty at the end of all.
    std::span<const float> kept() const { return kept_; }
    void keep(std::span<const float> block) { kept_ = block; }
    const BlockTime& begin() const { return begin_; }

 private:
    LiveSource& source_;
    std::span<const float> kept_;
    BlockTime begin_;
    bool begun_ = false, ended_ = false;
};

ResampledCapture::ResampledCapture(std::unique_ptr<LiveSource> source, int rate_hz)
    : source_(std::move(source)), rate_hz_(rate_hz) {
    start_run();
}

void ResampledCapture::start_run() {
    const auto kept = run_ ? run_->kept() : std::span<const float>{};
    auto run = std::make_unique<Run>(*source_);
    run->keep(kept);
    run_ = run.get();
    resampled_ = std::make_unique<audio::ResampledSource>(std::move(run), rate_hz_);
    position_ = -1;  // until the run has begun
}

std::int64_t ResampledCapture::output_position(std::int64_t input) const {
    return std::llround(static_cast<double>(input) * rate_hz_ / source_->format().rate_hz);
}

std::span<const float> ResampledCapture::read(std::size_t max_frames) {
    const auto channels = static_cast<std::size_t>(format().channels);
    auto block = resampled_->read(max_frames);
    while (block.empty()) {
        if (run_->kept().empty()) return {};
        start_run();
        block = resampled_->read(max_frames);
    }
    time_.gap.reset();
    const BlockTime& begin = run_->begin();
    if (position_ < 0) {
        position_ = output_position(begin.position);
        if (begin.gap) time_.gap = Gap{output_position(begin.gap->frames), begin.gap->cause};
    }
    time_.position = position_;
    // From the last block read, whose time follows the clock of the system.
    const BlockTime& latest = source_->time();
    const bool same_run = run_->kept().empty();
    const BlockTime& known = same_run ? latest : begin;
    const double since_s = static_cast<double>(position_) / rate_hz_ -
                           static_cast<double>(known.position) / source_->format().rate_hz;
    time_.utc = known.utc + std::chrono::microseconds(std::llround(1e6 * since_s));
    position_ += static_cast<std::int64_t>(block.size() / channels);
    return block;
}

CaptureStatistics ResampledCapture::statistics() const {
    auto now = source_->statistics();
    for (std::int64_t* frames : {&now.delivered, &now.lost, &now.paused}) *frames = output_position(*frames);
    return now;
}

}  // namespace earshot::capture
