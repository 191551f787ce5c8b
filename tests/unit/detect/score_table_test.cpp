#include "detect/score_table.h"

#include <gtest/gtest.h>

#include <array>

namespace earshot::detect {
namespace {

const std::array<std::string, 2> kLabels{"quiet", "cry"};

TEST(ScoreTable, has_a_row_a_window_up_to_the_end_of_the_recording) {
    StringOutput out;
    ScoreTable table(out, kLabels, {2, 2});
    table.push(std::array{0.25f, 0.75f});
    table.push(std::array{0.1f, 1e-7f});
    table.finish(3.5);
    EXPECT_EQ(out.text(),
              "onset\toffset\tquiet\tcry\n"
              "0.000\t2.000\t0.25\t0.75\n"
              "2.000\t3.500\t0.1\t1e-07\n");
}

TEST(ScoreTable, rows_of_overlapping_windows_tile_the_recording) {
    StringOutput out;
    ScoreTable table(out, std::span(kLabels).first(1), {1, 3, 60});
    for (const float score : {0.0f, 0.5f, 1.0f}) table.push(std::array{score});
    table.finish(65);
    EXPECT_EQ(out.text(),
              "onset\toffset\tquiet\n"
              "60.000\t62.000\t0\n"
              "62.000\t63.000\t0.5\n"
              "63.000\t65.000\t1\n");
}

TEST(ScoreTable, of_nothing_is_a_header) {
    StringOutput out;
    ScoreTable table(out, kLabels, {2, 2});
    table.finish(0);
    EXPECT_EQ(out.text(), "onset\toffset\tquiet\tcry\n");
}

}  // namespace
}  // namespace earshot::detect
