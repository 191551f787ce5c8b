#pragma once

#include <chrono>
#include <random>

namespace earshot::capture {

/// How long to wait before each attempt to reach a device again: half a second at first, then twice as long
/// each time up to half a minute; give or take a quarter, so that a hundred recorders do not knock at once.
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
