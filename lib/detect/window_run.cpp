#include "detect/window_run.h"

#include <algorithm>
#include <utility>

namespace earshot::detect {

void WindowRun::extend(std::int64_t window, float window_score) {
    last = window;
    offset_shift = 0;
    score = std::max(score, window_score);
}

double crossing(float before, float after, double threshold) {
    const double below = threshold - static_cast<double>(before);
    const double rise = static_cast<double>(after) - static_cast<double>(before);
    const double share = below / rise;
    if (!(share >= 0 && share <= 1)) return 0;
    return std::clamp(share - 0.5, -WindowRun::kMostShift, WindowRun::kMostShift);
}

bool is_shared(const windows::WindowGrid& grid, const WindowRun& run) {
    return grid.anywhere && grid.window_onset_s(run.last) < grid.window_offset_s(run.first);
}

label::Event event_of(const windows::WindowGrid& grid, const WindowRun& run, std::string label) {
    if (is_shared(grid, run))
        return {grid.window_onset_s(run.last), grid.window_offset_s(run.first), std::move(label), run.score};
    return {grid.slot_s(run.first) + run.onset_shift * grid.hop_s,
            grid.slot_s(run.last + 1) + run.offset_shift * grid.hop_s, std::move(label), run.score};
}

label::Event event_of(const windows::WindowGrid& grid, const WindowRun& run, std::string label, double end_s,
                      bool to_the_end) {
    label::Event event = event_of(grid, run, std::move(label));
    if (to_the_end && !is_shared(grid, run)) event.offset_s = grid.window_offset_s(run.last);
    event.offset_s = std::min(event.offset_s, end_s);
    // The recording may end before the centre of its last window.
    if (event.onset_s >= event.offset_s) event.onset_s = grid.window_onset_s(run.first);
    return event;
}

}  // namespace earshot::detect
