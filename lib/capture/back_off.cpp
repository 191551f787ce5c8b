#include "capture/back_off.h"

#include <algorithm>

namespace earshot::capture {

std::chrono::milliseconds BackOff::next() {
    const double spread = std::uniform_real_distribution<double>(0.75, 1.25)(random_);
    const double delay_s = delay_s_ * spread;
    delay_s_ = std::min(2 * delay_s_, kLongest_s);
    return std::chrono::milliseconds(static_cast<int>(1000 * delay_s));
}

}  // namespace earshot::capture
