#include "windows/run_finder.h"

#include <algorithm>

namespace earshot::windows {

void RunFinder::push(std::span<const double> onsets_s) {
    for (const double onset_s : onsets_s) {
        const double step_s = onset_s - last_s_;
        if (rows_ > 0 && step_s > 0) {
            if (step_s_ > 0 && step_s > 1.5 * step_s_) breaks_.push_back(rows_);
            step_s_ = step_s_ > 0 ? std::min(step_s_, step_s) : step_s;
        }
        last_s_ = onset_s;
        ++rows_;
    }
}

std::vector<RowSpan> RunFinder::runs(std::int64_t rows) const {
    std::vector<RowSpan> runs{{0, rows}};
    for (const auto row : breaks_) {
        runs.back().count = row - runs.back().first;
        runs.push_back({row, rows - row});
    }
    return runs;
}

}  // namespace earshot::windows
