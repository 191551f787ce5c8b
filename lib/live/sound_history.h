#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "live/live_sink.h"

namespace earshot::live {

/// A ring buffer of the last seconds of sound. Thread-safe.
class SoundHistory : public LiveSink {
 public:
    SoundHistory(int rate_hz, double duration_s);

    void samples(std::int64_t position, UtcTime time, std::span<const float> samples) override;

    struct Extract {
        std::int64_t position = 0;  // of the first sample
        UtcTime time;
        std::vector<float> samples;  // gaps are filled with silence
    };
    /// The available part of [begin, end).
    Extract cut(std::int64_t begin, std::int64_t end) const;
    /// The last `duration_s`.
    Extract last(double duration_s) const;
    /// Position after the last sample.
    std::int64_t end() const;
    int rate_hz() const { return rate_hz_; }

 private:
    void append(std::span<const float> samples);
    void append_silence(std::int64_t count);

    const int rate_hz_;
    mutable std::mutex mutex_;
    std::vector<float> ring_;  // sample at position p is in ring_[p % size]
    std::int64_t begin_ = 0, end_ = 0;
    UtcTime end_time_;
};

}  // namespace earshot::live
