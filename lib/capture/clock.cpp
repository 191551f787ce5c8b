#include "capture/clock.h"

#include <algorithm>
#include <thread>

namespace earshot::capture {

void Clock::sleep_until(SteadyTime then, const std::function<bool()>& stop) const {
    constexpr auto kLongest = std::chrono::milliseconds(100);
    for (auto now = steady(); now < then && !stop(); now = steady()) {
        std::this_thread::sleep_for(std::min<SteadyTime::duration>(then - now, kLongest));
    }
}

const Clock& system_clocks() {
    static const Clock clocks;
    return clocks;
}

}  // namespace earshot::capture
