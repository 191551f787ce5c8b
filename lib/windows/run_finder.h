#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "windows/windowing.h"

namespace earshot::windows {

/// Finds the gaps in a recording: where a frame begins more than 1.5 hops after the one before, as between
/// the waveforms of a file of many, or where a device was silent. No window reaches across a gap.
class RunFinder {
 public:
    /// Onsets of the next frames, in seconds; NaN where an onset is unknown, which never makes a gap.
    void push(std::span<const double> onsets_s);
    /// The runs of frames without a gap, in order. A single run if no onsets were pushed.
    std::vector<RowSpan> runs(std::int64_t rows) const;

 private:
    std::vector<std::int64_t> breaks_;  // rows that a new run begins with
    std::int64_t rows_ = 0;
    double last_s_ = 0, step_s_ = 0;  // of the last frame; the shortest so far, 0 before the second frame
};

}  // namespace earshot::windows
