#include "windows/windows.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "support/error.h"

namespace earshot::windows {
namespace {

std::vector<std::int64_t> starts(const Windowing& windowing, std::int64_t rows) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < windowing.count(rows); ++i) all.push_back(windowing.start(i, rows));
    return all;
}

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
                const auto all = starts({frames, hop, {}}, rows);
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
    const Windowing windowing{10, 4, {}};
    EXPECT_EQ(windowing.slot(0), (RowSpan{3, 4}));
    EXPECT_EQ(windowing.slot(4), (RowSpan{7, 4}));
    EXPECT_EQ((Windowing{1, 1, {}}).slot(5), (RowSpan{5, 1}));
    EXPECT_EQ((Windowing{3, 7, {}}).slot(7), (RowSpan{7, 3}));  // gaps between windows are nobody's
}

TEST(Windows, a_stream_is_cut_where_the_recording_is) {
    for (const Windowing& windowing :
         {Windowing{1, 1, {}}, Windowing{5, 2, {}}, Windowing{3, 7, {}}, Windowing{4, 4, {}}}) {
        WindowCutter cutter(windowing, 2);
        for (const std::int64_t rows : {0, 1, 2, 3, 4, 5, 6, 9, 10, 23}) {
            std::vector<std::vector<float>> cut;
            const auto keep = [&](std::span<const float> window) {
                cut.emplace_back(window.begin(), window.end());
            };
            std::vector<float> frames;
            for (std::int64_t row = 0; row < rows; ++row) {
                const std::vector<float> frame{static_cast<float>(row), -static_cast<float>(row)};
                frames.insert(frames.end(), frame.begin(), frame.end());
                cutter.push(frame, keep);
            }
            cutter.finish(keep);
            const auto wanted = starts(windowing, rows);
            ASSERT_EQ(cut.size(), wanted.size()) << windowing.frames << ' ' << windowing.hop << ' ' << rows;
            for (std::size_t i = 0; i < cut.size(); ++i) {
                std::vector<float> window(static_cast<std::size_t>(2 * windowing.frames));
                const auto there = static_cast<std::size_t>(std::min(windowing.frames, rows - wanted[i]));
                std::copy_n(frames.begin() + 2 * wanted[i], 2 * there, window.begin());
                pad_window(window, there, 2, windowing.padding);
                EXPECT_EQ(cut[i], window);
            }
        }
    }
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

// The notebook pads with the file's own minimum, so that one quiet frame far away changes a window at the
// end.
TEST(Windows, notebook_a_window_does_not_depend_on_the_rest_of_its_file) {
    const Windowing windowing{4, 3, Padding::minimum};
    const auto last_window = [&](float quiet) {
        WindowCutter cutter(windowing, 1);
        std::vector<float> last;
        const auto keep = [&](std::span<const float> window) { last.assign(window.begin(), window.end()); };
        for (const float value : {quiet, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 8.0F})
            cutter.push({&value, 1}, keep);
        cutter.finish(keep);
        return last;
    };
    EXPECT_EQ(last_window(0), last_window(-1000));
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
