#pragma once

#include <string>

#include "detect/rejection.h"

namespace earshot::detect {

/// How the scores of one class become events. Times are converted to counts of windows, so that files and
/// live streams use the same state machine without a clock.
struct EventRule {
    std::string label;
    double on_threshold = 0.5;   // an event begins where the smoothed score reaches this
    double off_threshold = 0.5;  // and ends where it falls below this; at most on_threshold
    double min_duration_s = 0;   // shorter ones are dropped, after merging
    double merge_gap_s = 0;      // gaps up to this between events of the class are filled
    int median_windows = 1;      // smoothing (MedianSmoother): odd, at most kMaxMedianWindows
    double cool_down_s = 0;      // no event of the class begins this soon after another
    Confirmation confirm = {};   // an event begins only with so many windows that reach on_threshold
    bool refine = false;         // times are where the score crosses the thresholds, between two windows

    static constexpr int kMaxMedianWindows = 9999;
};

/// @throws Error if the rule is out of bounds
void check(const EventRule& rule);

}  // namespace earshot::detect
