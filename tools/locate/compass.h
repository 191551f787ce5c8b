#pragma once

#include <deque>
#include <string>

#include "locate/locator.h"
#include "support/output.h"

namespace earshot::tools {

/// Shows directions live on a terminal: a compass rose, ahead at the top, on which sounds leave trails that
/// fade within five seconds, and a line about the last one.
class Compass {
 public:
    /// @param out  a terminal that knows the control sequences of ECMA-48
    Compass(Output& out, const locate::Zones& zones) : out_(out), zones_(zones) {}

    /// @param time_s  when the update begins, on a monotonic clock
    void show(const locate::Update& update, double time_s);

 private:
    struct Mark {
        double azimuth_deg, time_s;
    };
    std::string picture(double time_s) const;

    Output& out_;
    locate::Zones zones_;
    std::deque<Mark> trail_;
    std::string last_;  // the line about the last sound
    bool drawn_ = false;
};

}  // namespace earshot::tools
