#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/output.h"
#include "windows/window_grid.h"

namespace earshot::detect {

/// The scores of one recording as TSV: a header `onset offset <class>...`, then one row per window. The times
/// are those of its slot, so that each row begins where the one before ends, as sed_scores_eval and others
/// expect. Scores have as many digits as needed to read back the same number. earshot-formats(5), SCORES.
class ScoreTable {
 public:
    /// @param output  must outlive this
    ScoreTable(Output& output, std::span<const std::string> labels, windows::WindowGrid grid);

    void push(std::span<const float> scores);
    /// The end of the recording, at end_s.
    void finish(double end_s);

 private:
    void write_row(double offset_s);

    Output& output_;
    windows::WindowGrid grid_;
    std::int64_t windows_ = 0;
    std::vector<float> last_;  // of the last window, whose end is not known yet
    std::string line_;
};

}  // namespace earshot::detect
