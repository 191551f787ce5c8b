#pragma once

#include <chrono>
#include <functional>

#include "capture/live_source.h"

namespace earshot::capture {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The system's clocks. Tests substitute their own.
class Clock {
 public:
    virtual ~Clock() = default;
    virtual SteadyTime steady() const { return std::chrono::steady_clock::now(); }
    virtual UtcTime utc() const {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    /// Sleeps until `then`, or until stop() returns true; polls it a few times a second.
    virtual void sleep_until(SteadyTime then, const std::function<bool()>& stop) const;
};

/// The clocks that everything except tests uses.
const Clock& system_clocks();

}  // namespace earshot::capture
