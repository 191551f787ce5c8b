#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/live_source.h"

namespace earshot::tools {

/// Where a recording goes.
class Sink {
 public:
    virtual ~Sink() = default;
    /// @throws WriteError, BrokenPipe
    virtual void push(const capture::BlockTime& time, std::span<const float> samples) = 0;
    /// No sound for now: paused, or the device is lost.
    virtual void idle() = 0;
    /// Called about once a second, for other work.
    virtual void tick() {}
    /// Once this returns, everything that was pushed is on disk.
    virtual void close() = 0;
    /// For a progress line: "12 segments".
    virtual std::string summary() const = 0;
};

}  // namespace earshot::tools
