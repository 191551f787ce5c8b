#pragma once

#include <algorithm>
#include <vector>

#include "windows/windowing.h"

namespace earshot {

struct CutWindow {
    std::vector<float> values;
    windows::RowSpan rows;  // that are there
    bool operator==(const CutWindow&) const = default;
};

/// The windows of a matrix, written down without regard to cost and without the code that is tested: one
/// every step from the first row on as long as they fit, one more at the end if rows are left over, and
/// padding where the matrix is too short for a single one.
inline std::vector<CutWindow> cut_by_hand(const std::vector<std::vector<float>>& frames,
                                          const windows::Windowing& windowing) {
    const auto rows = static_cast<std::int64_t>(frames.size());
    std::vector<std::int64_t> firsts;
    std::int64_t covered = 0;
    for (std::int64_t first = 0; first + windowing.frames <= rows; first += windowing.step()) {
        firsts.push_back(first);
        covered = first + windowing.frames;
    }
    if (covered < rows) firsts.push_back(std::max<std::int64_t>(0, rows - windowing.frames));
    std::vector<CutWindow> windows;
    for (const auto first : firsts) {
        CutWindow window{{}, {first, std::min(windowing.frames, rows - first)}};
        for (std::int64_t row = first; row < first + window.rows.count; ++row) {
            const auto& frame = frames[static_cast<std::size_t>(row)];
            window.values.insert(window.values.end(), frame.begin(), frame.end());
        }
        const float lowest = *std::min_element(window.values.begin(), window.values.end());
        for (std::int64_t row = window.rows.count; row < windowing.frames; ++row) {
            for (std::size_t d = 0; d < frames.front().size(); ++d) {
                float sum = 0;
                for (std::int64_t there = 0; there < window.rows.count; ++there)
                    sum += frames[static_cast<std::size_t>(first + there)][d];
                window.values.push_back(windowing.padding == windows::Padding::minimum
                                            ? lowest
                                            : sum / static_cast<float>(window.rows.count));
            }
        }
        windows.push_back(window);
    }
    return windows;
}

}  // namespace earshot
