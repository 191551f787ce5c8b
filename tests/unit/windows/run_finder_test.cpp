#include "windows/run_finder.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace earshot::windows {
namespace {

TEST(RunFinder, breaks_where_a_frame_begins_too_late) {
    const auto runs = [](std::vector<std::vector<double>> pieces, std::int64_t rows) {
        RunFinder finder;
        for (const auto& piece : pieces) finder.push(piece);
        return finder.runs(rows);
    };
    using Runs = std::vector<RowSpan>;
    EXPECT_EQ(runs({}, 5), (Runs{{0, 5}}));
    EXPECT_EQ(runs({{0, 0.5, 1, 1.5}}, 4), (Runs{{0, 4}}));
    EXPECT_EQ(runs({{0, 0.5, 1, 2, 2.5, 9}}, 6), (Runs{{0, 3}, {3, 2}, {5, 1}}));
    EXPECT_EQ(runs({{0, 0.5}, {1, 2}, {2.5}, {9}}, 6), (Runs{{0, 3}, {3, 2}, {5, 1}}));  // however they come
    EXPECT_EQ(runs({{0, 0.5, 1, 1.7, 2.3}}, 5), (Runs{{0, 5}}));  // rounded onsets break nothing
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(runs({{unknown, unknown, unknown}}, 3), (Runs{{0, 3}}));
}

}  // namespace
}  // namespace earshot::windows
