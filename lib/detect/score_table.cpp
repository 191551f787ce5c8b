#include "detect/score_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace earshot::detect {

ScoreTable::ScoreTable(Output& output, std::span<const std::string> labels, windows::WindowGrid grid)
    : output_(output), grid_(grid) {
    output_.write(fmt::format("onset\toffset\t{}\n", fmt::join(labels, "\t")));
}

void ScoreTable::push(std::span<const float> scores) {
    if (windows_ > 0) write_row(grid_.slot_s(windows_));
    last_.assign(scores.begin(), scores.end());
    ++windows_;
}

void ScoreTable::finish(double end_s) {
    if (windows_ > 0) write_row(std::min(end_s, grid_.window_offset_s(windows_ - 1)));
}

void ScoreTable::write_row(double offset_s) {
    line_.clear();
    auto end = std::back_inserter(line_);
    fmt::format_to(end, "{:.3f}\t{:.3f}", grid_.slot_s(windows_ - 1), offset_s);
    for (const float score : last_) fmt::format_to(end, "\t{}", score);
    line_ += '\n';
    output_.write(line_);
}

}  // namespace earshot::detect
