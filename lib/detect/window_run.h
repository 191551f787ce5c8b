#pragma once

#include <cstdint>
#include <string>

#include "label/timeline.h"
#include "windows/window_grid.h"

namespace earshot::detect {

/// Consecutive windows, and the highest score in them.
struct WindowRun {
    std::int64_t first = 0, last = 0;
    float score = 0;
    /// How many hops later than the slot of the first window the sound begins, and than that of the last one
    /// it ends: from -kMostShift to kMostShift.
    double onset_shift = 0, offset_shift = 0;

    static constexpr double kMostShift = 0.45;  // so that a single window keeps a length

    std::int64_t windows() const { return last - first + 1; }
    /// Where it begins, in windows.
    double position() const { return static_cast<double>(first) + onset_shift; }
    void extend(std::int64_t window, float window_score);
};

/// Where between the centres of two neighbouring windows the score crosses a threshold, by linear
/// interpolation: in hops from the border of their slots, limited to WindowRun::kMostShift. 0 if both scores
/// are on one side.
double crossing(float before, float after, double threshold);

/// True if what these windows have heard is where all of them overlap (WindowGrid::anywhere), so that it is
/// shorter the longer the run is.
bool is_shared(const windows::WindowGrid& grid, const WindowRun& run);

/// When the sound of these windows was: from the slot of the first to the slot of the last one; if
/// is_shared(), from the beginning of the last window to the end of the first.
label::Event event_of(const windows::WindowGrid& grid, const WindowRun& run, std::string label);

/// The same in a recording that ends at end_s. @param to_the_end  the last window is that of the recording
label::Event event_of(const windows::WindowGrid& grid, const WindowRun& run, std::string label, double end_s,
                      bool to_the_end);

}  // namespace earshot::detect
