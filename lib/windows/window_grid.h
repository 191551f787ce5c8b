#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "frontend/frontend.h"
#include "windows/windowing.h"

namespace earshot::windows {

/// The frames that a front end makes.
struct FrameShape {
    int rate_hz = 0;            // of the samples
    std::size_t dimension = 0;  // numbers of a frame
    double hop_s = 0, window_s = 0;
    double lead_s = 0;  // that the first one begins before the recording
};

FrameShape shape_of(const frontend::Frontend& frontend);

/// When the windows of a recording begin and end, and which part of it each of them decides.
/// Where windows have context (Windowing::has_context), only the frames that they decide count as theirs.
///
/// Window i covers window_s from start_s - lead_s + i · hop_s on, of which the recording has what comes after
/// start_s. Where windows overlap, each decides its slot: hop_s around its centre, since a label that covers
/// most of a window covers its centre. The first window also decides what comes before its slot, so that the
/// slots tile the recording.
struct WindowGrid {
    double hop_s = 1;
    double window_s = 1;
    double start_s = 0;  // of the sound: above 0 where the beginning of the recording was skipped
    double lead_s = 0;   // that window 0 begins before it
    /// A window's score covers all of it, not only its slot. So a sound that several consecutive windows
    /// detect is where all of them overlap.
    bool anywhere = false;

    double window_onset_s(std::int64_t i) const { return std::max(start_s, begin_s(i)); }
    double window_offset_s(std::int64_t i) const { return begin_s(i) + window_s; }
    /// Beginning of the slot of window i, which is the end of the slot of window i - 1.
    double slot_s(std::int64_t i) const {
        return i == 0 ? start_s : std::max(start_s, begin_s(i) + (window_s - hop_s) / 2);
    }
    /// The grid of scores where each window has so many of them: step i is score i % steps of window i /
    /// steps.
    WindowGrid of_steps(std::int64_t steps) const {
        WindowGrid grid = *this;
        grid.hop_s = hop_s / static_cast<double>(steps);
        grid.window_s = window_s - hop_s + grid.hop_s;
        return grid;
    }

 private:
    double begin_s(std::int64_t i) const { return start_s - lead_s + static_cast<double>(i) * hop_s; }
};

/// @throws Error for an overlap that is not from 0 to below 1, and if frames shall overlap that do so already
WindowGrid make_grid(const FrameShape& frames, const Windowing& windowing);

/// How many windows a second of sound has. @param frontend  settings; null if unknown, then there is no
/// answer
std::optional<double> windows_per_s(const nlohmann::ordered_json& frontend, const Windowing& windowing);

/// The stretches of samples that a front end runs over one by one so that its frames overlap.
struct SampleStretches {
    std::size_t length = 0, hop = 0;  // samples
};

/// @param overlap  fraction of a stretch that the next one covers too
/// @throws Error as make_grid
SampleStretches overlapping_stretches(const FrameShape& frames, double overlap);

struct WindowSlot {
    double onset_s, offset_s;
};

/// The slot of a window of window_s, or what the recording has of it: it ends at offset_s, which is less than
/// a whole window after onset_s where the recording ends inside the window. Where that is before the window's
/// centre, the slot is around the recording's last moment.
WindowSlot slot_within(double onset_s, double offset_s, double window_s, double hop_s);

}  // namespace earshot::windows
