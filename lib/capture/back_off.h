#pragma once

#include <chrono>
#include <random>

namespace earshot::capture {

/// Delay before each attempt to reopen a device: half a second, then doubled each time up to half a minute,
/// with 25 % jitter, so that a hundred recorders do not retry at the same moment.
class BackOff {
 public:
    explicit BackOff(unsigned seed = std::random_device{}()) : random_(seed) {}

    std::chrono::milliseconds next();
    void reset() { delay_s_ = kFirst_s; }

 private:
    static constexpr double kFirst_s = 0.5, kLongest_s = 30;
    double delay_s_ = kFirst_s;
    std::minstd_rand random_;
};

}  // namespace earshot::capture
