#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/output.h"
#include "windows/window_grid.h"

namespace earshot::detect {

/// Scores of one recording as TSV: a header `onset offset <class>...`, then a row a window, whose times are
/// its slot, so that each row begins where the one before ends, as sed_scores_eval and its like want it.
/// Scores have as many digits as it takes to read the same number back. earshot-formats(5), SCORES.
class ScoreTable {
 public:
    /// @param output  must live as long as this
    ScoreTable(Output& output, std::span<const std::string> labels, windows::WindowGrid grid);

    void push(std::span<const float> scores);
    /// End of the recording, at end_s on the grid's time line.
    void finish(double end_s);

 private:
    void write_row(double offset_s);

    Output& output_;
    windows::WindowGrid grid_;
    std::int64_t windows_ = 0;
    std::vector<float> last_;  // whose end is not known before the next window or the end
    std::string line_;
};

}  // namespace earshot::detect
