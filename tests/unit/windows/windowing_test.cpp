#include "windows/windowing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "support/error.h"

namespace earshot::windows {
namespace {

std::vector<std::int64_t> starts(const Windowing& windowing, std::int64_t rows) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < windowing.count(rows); ++i) all.push_back(windowing.start(i, rows));
    return all;
}

// The notebook's stopping rule scores 11 windows of 10.01 s, the last two of which are mostly padding.
TEST(Windows, notebook_nine_windows_cover_ten_seconds) {
    const Windowing windowing{250, 100, Padding::minimum};
    const std::int64_t rows = 999;  // frames of 25 ms every 10 ms in 10.01 s
    EXPECT_EQ(starts(windowing, rows),
              (std::vector<std::int64_t>{0, 100, 200, 300, 400, 500, 600, 700, 749}));
}

TEST(Windows, cover_every_frame_and_nothing_else) {
    for (const std::int64_t frames : {1, 3, 7}) {
        for (const std::int64_t hop : {1, 2, 7}) {
            if (hop > frames) continue;
            for (std::int64_t rows = 1; rows < 40; ++rows) {
                std::vector<int> covered(static_cast<std::size_t>(rows));
                const auto all = starts({frames, hop}, rows);
                for (const auto first : all) {
                    EXPECT_GE(first, 0);
                    EXPECT_TRUE(first + frames <= rows || rows < frames);
                    for (auto row = first; row < std::min(first + frames, rows); ++row)
                        ++covered[static_cast<std::size_t>(row)];
                }
                EXPECT_EQ(std::ranges::count(covered, 0), 0) << frames << ' ' << hop << ' ' << rows;
                // One fewer would not do.
                EXPECT_LT((static_cast<std::int64_t>(all.size()) - 2) * hop + frames,
                          rows + (all.size() < 2 ? frames : 0));
            }
        }
    }
}

TEST(Windows, slots_tile_the_recording) {
    const Windowing windowing{10, 4};
    EXPECT_EQ(windowing.slot(0), (RowSpan{3, 4}));
    EXPECT_EQ(windowing.slot(4), (RowSpan{7, 4}));
    EXPECT_EQ((Windowing{1, 1}).slot(5), (RowSpan{5, 1}));
    EXPECT_EQ((Windowing{3, 7}).slot(7), (RowSpan{7, 3}));  // gaps between windows are nobody's
}

TEST(Windows, an_overlap_takes_the_place_of_the_hop) {
    EXPECT_EQ((Windowing{10, 4}).step(), 4);
    EXPECT_EQ((Windowing{10, 4, Padding::minimum, 0.5}).step(), 5);
    EXPECT_EQ((Windowing{10, 4, Padding::minimum, 0.96}).step(), 1);  // 0.4 frames
    EXPECT_EQ((Windowing{10, 4, Padding::minimum, 0.5}).count(100), (Windowing{10, 5}).count(100));
    EXPECT_EQ((Windowing{10, 4, Padding::minimum, 0.5}).slot(0), (Windowing{10, 5}).slot(0));
    EXPECT_FALSE((Windowing{10, 4, Padding::minimum, 0.5}).overlaps_frames());
    EXPECT_TRUE((Windowing{1, 1, Padding::minimum, 0.5}).overlaps_frames());
    EXPECT_FALSE((Windowing{1, 1}).overlaps_frames());
}

TEST(Windows, padding_depends_on_the_window_alone) {
    std::vector<float> window{1, 5, 3, -2, 9, 9, 9, 9};
    pad_window(window, 2, 2, Padding::minimum);
    EXPECT_EQ(window, (std::vector<float>{1, 5, 3, -2, -2, -2, -2, -2}));
    pad_window(window, 2, 2, Padding::mean);
    EXPECT_EQ(window, (std::vector<float>{1, 5, 3, -2, 2, 1.5, 2, 1.5}));
    pad_window(window, 4, 2, Padding::minimum);
    EXPECT_EQ(window, (std::vector<float>{1, 5, 3, -2, 2, 1.5, 2, 1.5}));
}

TEST(Windows, settings_come_back_and_strangers_are_checked) {
    const Windowing windowing{250, 100, Padding::mean};
    EXPECT_EQ(windowing_from_json(to_json(windowing)), windowing);
    for (const char* bad :
         {R"({})", R"({"frames":0,"hop":1,"padding":"mean"})", R"({"frames":1e9,"hop":1,"padding":"mean"})",
          R"({"frames":2,"hop":1,"padding":"none"})", R"({"frames":2,"hop":1})", "[]"}) {
        EXPECT_THROW(windowing_from_json(nlohmann::ordered_json::parse(bad)), Error) << bad;
    }
}

}  // namespace
}  // namespace earshot::windows
