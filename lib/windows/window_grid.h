#pragma once

#include <cstdint>

namespace earshot::windows {

/// Where on the time line of a recording its windows lie, and for which part of it each of them speaks.
///
/// Window i covers hop seconds times i and what follows for window_s. Where windows overlap, each speaks for
/// the hop around its centre, its slot: a label that covers most of a window covers its centre. The first and
/// the last window speak for the ends too, so that the slots tile the recording.
struct WindowGrid {
    double hop_s = 1;
    double window_s = 1;
    double start_s = 0;  // of window 0: later than 0 where the beginning of the recording was skipped
    /// A window speaks for whatever is heard anywhere in it, rather than for its slot: so what several in a
    /// row have heard lies where all of them overlap.
    bool anywhere = false;

    double window_onset_s(std::int64_t i) const { return start_s + static_cast<double>(i) * hop_s; }
    double window_offset_s(std::int64_t i) const { return window_onset_s(i) + window_s; }
    /// Beginning of the slot of window i, which is the end of the slot of window i - 1.
    double slot_s(std::int64_t i) const { return window_onset_s(i) + (i == 0 ? 0 : (window_s - hop_s) / 2); }
};

}  // namespace earshot::windows
