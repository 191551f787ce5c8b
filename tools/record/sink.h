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
    /// Nothing is coming for the time being: paused, or the device has gone.
    virtual void idle() = 0;
    /// A moment for other work, a few times a second.
    virtual void tick() {}
    /// All that was pushed is safe once this has returned.
    virtual void close() = 0;
    /// For a progress line: "12 segments".
    virtual std::string summary() const = 0;
};

}  // namespace earshot::tools
