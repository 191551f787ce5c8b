#include "capture/time_keeper.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace earshot::capture {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kFollow = 0.1;      // fraction of an error corrected in one second
constexpr int kSettlingSeconds = 5;  // during which earlier blocks correct at once
constexpr int kDriftSeconds = 30;    // before drift_ppm() answers
const double kForget = std::exp2(-1 / 600.0);
constexpr auto kStep = std::chrono::milliseconds(50);
constexpr auto kQuick = std::chrono::microseconds(200);

SteadyTime::duration steady_duration(double seconds) {
    return std::chrono::duration_cast<SteadyTime::duration>(Seconds(seconds));
}

}  // namespace

TimeKeeper::TimeKeeper(int rate_hz, const Clock& clock) : rate_hz_(rate_hz), clock_(clock) {
    to_utc_ = std::chrono::duration_cast<std::chrono::microseconds>(clock_.utc().time_since_epoch() -
                                                                    clock_.steady().time_since_epoch());
}

void TimeKeeper::start(std::int64_t position, SteadyTime time) {
    base_position_ = second_begin_ = position;
    base_ = time;
    offset_s_ = 0;
    earliest_s_.reset();
    seconds_ = 0;
    sum_w_ = sum_x_ = sum_y_ = sum_xx_ = sum_xy_ = 0;
    look_at_clock();
}

double TimeKeeper::seconds_to(std::int64_t position) const {
    return static_cast<double>(position - base_position_) / rate_hz_;
}

void TimeKeeper::observe(std::int64_t position, SteadyTime end) {
    const double late_s = Seconds(end - base_).count() - seconds_to(position);
    earliest_s_ = std::min(late_s, earliest_s_.value_or(late_s));
    if (seconds_ < kSettlingSeconds) offset_s_ = std::min(offset_s_, late_s);
    if (seconds_to(position) - seconds_to(second_begin_) < 1) return;
    second_begin_ = position;
    end_second();
    look_at_clock();
}

void TimeKeeper::end_second() {
    const double y = *earliest_s_;
    const double x = seconds_to(second_begin_);
    earliest_s_.reset();
    offset_s_ += kFollow * (y - offset_s_);
    ++seconds_;
    for (double* sum : {&sum_w_, &sum_x_, &sum_y_, &sum_xx_, &sum_xy_}) *sum *= kForget;
    sum_w_ += 1;
    sum_x_ += x;
    sum_y_ += y;
    sum_xx_ += x * x;
    sum_xy_ += x * y;
}

void TimeKeeper::look_at_clock() {
    const SteadyTime before = clock_.steady();
    const UtcTime utc = clock_.utc();
    const SteadyTime after = clock_.steady();
    if (after - before > kQuick) return;  // preempted between the two
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(utc.time_since_epoch() -
                                                                           before.time_since_epoch());
    if (std::chrono::abs(now - to_utc_) > kStep)
        step_s_ = step_s_.value_or(0) + Seconds(now - to_utc_).count();
    to_utc_ = now;
}

SteadyTime TimeKeeper::steady(std::int64_t position) const {
    return base_ + steady_duration(seconds_to(position) + offset_s_);
}

UtcTime TimeKeeper::utc(std::int64_t position) const {
    const auto since_epoch = steady(position).time_since_epoch() + to_utc_;
    return UtcTime(std::chrono::floor<std::chrono::microseconds>(since_epoch));
}

std::int64_t TimeKeeper::position_at(SteadyTime time) const {
    return base_position_ + std::llround((Seconds(time - base_).count() - offset_s_) * rate_hz_);
}

std::optional<double> TimeKeeper::drift_ppm() const {
    if (seconds_ < kDriftSeconds) return {};
    const double scale = sum_w_ * sum_xx_ - sum_x_ * sum_x_;
    return -1e6 * (sum_w_ * sum_xy_ - sum_x_ * sum_y_) / scale;
}

std::optional<double> TimeKeeper::clock_step() { return std::exchange(step_s_, {}); }

}  // namespace earshot::capture
