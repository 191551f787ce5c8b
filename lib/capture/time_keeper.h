#pragma once

#include <cstdint>
#include <optional>

#include "capture/clock.h"

namespace earshot::capture {

/// Says when the samples of a device sounded, and how fast its clock runs.
///
/// Blocks are reported with delays that vary and are never negative, so of the blocks of each second only the
/// earliest counts. Its time, less that which the nominal rate gives, moves the time line a little: a
/// first-order loop with a time constant of ten seconds, so that time stamps neither jitter nor drift away.
/// The device's rate is the slope of a line through these points, by least squares in which older ones count
/// less (by half in ten minutes).
class TimeKeeper {
 public:
    TimeKeeper(int rate_hz, const Clock& clock);

    /// The time line begins anew at `position`: at the start, and where only the clock can tell what is
    /// missing.
    void start(std::int64_t position, SteadyTime time);
    /// The sample before `position` sounded just before `end`.
    void observe(std::int64_t position, SteadyTime end);

    SteadyTime steady(std::int64_t position) const;
    /// By the system's clock as it now is: if somebody sets it, times follow at once.
    UtcTime utc(std::int64_t position) const;
    std::int64_t position_at(SteadyTime time) const;

    /// > 0 if the device is fast. Nothing during the first half minute.
    std::optional<double> drift_ppm() const;

    /// By how much the system's clock was set since the last call, in seconds, if by more than a twentieth.
    std::optional<double> clock_step();

 private:
    double seconds_to(std::int64_t position) const;  // from base_position_, at the nominal rate
    void end_second();
    void look_at_clock();

    const double rate_hz_;
    const Clock& clock_;
    std::int64_t base_position_ = 0;
    SteadyTime base_{};
    double offset_s_ = 0;  // of the time line against base_ and the nominal rate

    // The second that is running: where it began, and how late its earliest block was.
    std::int64_t second_begin_ = 0;
    std::optional<double> earliest_s_;
    int seconds_ = 0;

    // Sums over seconds of weight, time x, lateness y, and their products.
    double sum_w_ = 0, sum_x_ = 0, sum_y_ = 0, sum_xx_ = 0, sum_xy_ = 0;

    std::chrono::microseconds to_utc_{0};  // the system's clock less the steady one
    std::optional<double> step_s_;
};

}  // namespace earshot::capture
