#pragma once

#include <cstdint>
#include <optional>

#include "capture/clock.h"

namespace earshot::capture {

/// Tells when the samples of a device sounded, and how fast its clock runs.
///
/// Blocks arrive with varying, never negative delays, so only the earliest block of each second counts. Its
/// deviation from the nominal rate corrects the time line through a first-order loop with a time constant of
/// ten seconds, so that timestamps neither jitter nor drift. The rate of the device is the slope of a
/// least-squares line through these points, in which weights halve every ten minutes.
class TimeKeeper {
 public:
    TimeKeeper(int rate_hz, const Clock& clock);

    /// Restarts the time line at `position`: at the start, and after a gap that only the clock can measure.
    void start(std::int64_t position, SteadyTime time);
    /// The sample before `position` sounded just before `end`.
    void observe(std::int64_t position, SteadyTime end);

    SteadyTime steady(std::int64_t position) const;
    /// By the current system clock: if it is set, times follow at once.
    UtcTime utc(std::int64_t position) const;
    std::int64_t position_at(SteadyTime time) const;

    /// > 0 if the device is fast. Nothing for the first half minute.
    std::optional<double> drift_ppm() const;

    /// Seconds by which the system clock was set since the last call, if more than 0.05.
    std::optional<double> clock_step();

 private:
    double seconds_to(std::int64_t position) const;  // from base_position_, at the nominal rate
    void end_second();
    void look_at_clock();

    const double rate_hz_;
    const Clock& clock_;
    std::int64_t base_position_ = 0;
    SteadyTime base_{};
    double offset_s_ = 0;  // of the time line from base_ and the nominal rate

    // The current second: where it began, and the delay of its earliest block.
    std::int64_t second_begin_ = 0;
    std::optional<double> earliest_s_;
    int seconds_ = 0;

    // Sums over seconds of weight, time x, lateness y, and their products.
    double sum_w_ = 0, sum_x_ = 0, sum_y_ = 0, sum_xx_ = 0, sum_xy_ = 0;

    std::chrono::microseconds to_utc_{0};  // system clock minus steady clock
    std::optional<double> step_s_;
};

}  // namespace earshot::capture
