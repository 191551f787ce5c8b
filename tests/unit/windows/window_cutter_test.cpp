#include "windows/window_cutter.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/error.h"
#include "unit/windows/brute_force.h"

namespace earshot::windows {
namespace {

std::vector<std::vector<float>> matrix(std::int64_t rows, std::size_t dimension) {
    std::vector<std::vector<float>> frames;
    for (std::int64_t row = 0; row < rows; ++row) {
        auto& frame = frames.emplace_back();
        for (std::size_t d = 0; d < dimension; ++d)
            frame.push_back(static_cast<float>((row * 7 + static_cast<std::int64_t>(d) * 3) % 11) - 5);
    }
    return frames;
}

const std::vector<Windowing> kWindowings{
    {1, 1},
    {5, 2},
    {3, 7},  // with gaps between windows
    {4, 4},
    {5, 2, Padding::mean},
    {6, 6, Padding::minimum, 0.5},
    {6, 1, Padding::mean, 0.99},
};
const std::vector<std::int64_t> kRows{0, 1, 2, 3, 4, 5, 6, 9, 10, 23};

TEST(WindowCutter, cuts_a_stream_as_the_whole_matrix_is_cut_by_hand) {
    for (const Windowing& windowing : kWindowings) {
        WindowCutter cutter(windowing, 2);  // for one recording after the other
        for (const auto rows : kRows) {
            const auto frames = matrix(rows, 2);
            std::vector<CutWindow> windows;
            const WindowCutter::Sink keep = [&](std::span<const float> window, const RowSpan& span) {
                windows.push_back({{window.begin(), window.end()}, span});
            };
            for (const auto& frame : frames) cutter.push(frame, keep);
            cutter.finish(keep);
            EXPECT_EQ(windows, cut_by_hand(frames, windowing))
                << windowing.frames << ' ' << windowing.step() << ' ' << rows;
        }
    }
}

TEST(WindowCutter, cuts_a_run_of_a_matrix_as_it_is_cut_by_hand) {
    for (const Windowing& windowing : kWindowings) {
        for (const auto rows : kRows) {
            const std::int64_t before = 3;
            const auto all = matrix(before + rows + 2, 2);
            const RowSpan run{before, rows};
            const std::vector own(all.begin() + before, all.end() - 2);
            const auto wanted = cut_by_hand(own, windowing);
            ASSERT_EQ(windowing.count(rows), std::ssize(wanted));
            for (std::int64_t i = 0; i < windowing.count(rows); ++i) {
                const auto& hand = wanted[static_cast<std::size_t>(i)];
                std::vector<float> window(static_cast<std::size_t>(2 * windowing.frames));
                const auto first = windowing.start(i, rows);
                read_window(
                    window, run, first, 2, windowing.padding, [&](std::int64_t row, std::span<float> values) {
                        EXPECT_EQ(row, before + first);
                        for (auto& value : values) {
                            const auto at = &value - values.data();
                            value =
                                all[static_cast<std::size_t>(row + at / 2)][static_cast<std::size_t>(at % 2)];
                        }
                    });
                EXPECT_EQ(first, hand.rows.first);
                EXPECT_EQ(window, hand.values);
            }
        }
    }
}

TEST(WindowCutter, a_window_that_reaches_out_of_its_run_is_moved_into_it) {
    const auto first_row = [](std::int64_t first) {
        std::vector<float> window(4);
        std::int64_t read_from = -1;
        read_window(window, {10, 6}, first, 1, Padding::minimum,
                    [&](std::int64_t row, std::span<float> values) {
                        EXPECT_EQ(values.size(), 4u);
                        read_from = row;
                    });
        return read_from;
    };
    EXPECT_EQ(first_row(-3), 10);
    EXPECT_EQ(first_row(1), 11);
    EXPECT_EQ(first_row(5), 12);
}

// Window i decides frames [2 i, 2 i + 2) and sees three frames on either side, the outermost ones repeated.
TEST(WindowCutter, windows_with_context_lie_around_what_they_decide) {
    const Windowing windowing{8, 2, Padding::edge, 0, 2};
    EXPECT_EQ(windowing.context(), 3);
    WindowCutter cutter(windowing, 2);
    for (const auto rows : kRows) {
        const auto frames = matrix(rows, 2);
        std::vector<CutWindow> wanted, streamed, read;
        for (std::int64_t first = 0; first < rows; first += 2) {
            CutWindow window{{}, {first, std::min<std::int64_t>(2, rows - first)}};
            for (std::int64_t row = first - 3; row < first + 5; ++row) {
                const auto& frame =
                    frames[static_cast<std::size_t>(std::clamp<std::int64_t>(row, 0, rows - 1))];
                window.values.insert(window.values.end(), frame.begin(), frame.end());
            }
            wanted.push_back(window);
        }
        const WindowCutter::Sink keep = [&](std::span<const float> window, const RowSpan& span) {
            streamed.push_back({{window.begin(), window.end()}, span});
        };
        for (const auto& frame : frames) cutter.push(frame, keep);
        cutter.finish(keep);
        EXPECT_EQ(streamed, wanted) << rows;
        ASSERT_EQ(windowing.count(rows), std::ssize(wanted));
        const RowSpan run{5, rows};
        for (std::int64_t i = 0; i < windowing.count(rows); ++i) {
            CutWindow window{std::vector<float>(16), {}};
            const auto start = windowing.start(i, rows);
            read_window(window.values, run, start, 2, windowing.padding,
                        [&](std::int64_t row, std::span<float> to) {
                            ASSERT_TRUE(row >= 5 && row - 5 + std::ssize(to) / 2 <= rows);
                            for (std::size_t k = 0; k < to.size(); ++k)
                                to[k] = frames[static_cast<std::size_t>(row - 5) + k / 2][k % 2];
                        });
            const RowSpan slot = windowing.slot(start, run);
            window.rows = {slot.first - 5, slot.count};
            read.push_back(window);
        }
        EXPECT_EQ(read, wanted) << rows;
    }
}

TEST(WindowCutter, drops_a_recording_that_is_given_up) {
    WindowCutter cutter({2, 2}, 1);
    std::vector<float> seen;
    const WindowCutter::Sink keep = [&](std::span<const float> window, const RowSpan& rows) {
        EXPECT_EQ(rows, (RowSpan{0, 2}));
        seen.assign(window.begin(), window.end());
    };
    cutter.push(std::vector{1.0F}, keep);
    cutter.reset();
    cutter.push(std::vector{2.0F}, keep);
    cutter.push(std::vector{3.0F}, keep);
    EXPECT_EQ(seen, (std::vector{2.0F, 3.0F}));
}

TEST(WindowCutter, refuses_frames_of_another_size) {
    WindowCutter cutter({2, 2}, 3);
    EXPECT_THROW(cutter.push(std::vector{1.0F}, [](std::span<const float>, const RowSpan&) {}), Error);
}

// The notebook pads with the file's own minimum, so that one quiet frame far away changes a window at the
// end.
TEST(WindowCutter, notebook_a_window_does_not_depend_on_the_rest_of_its_file) {
    const Windowing windowing{4, 3, Padding::minimum};
    const auto last_window = [&](float quiet) {
        WindowCutter cutter(windowing, 1);
        std::vector<float> last;
        const auto keep = [&](std::span<const float> window, const RowSpan&) {
            last.assign(window.begin(), window.end());
        };
        for (const float value : {quiet, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 8.0F})
            cutter.push({&value, 1}, keep);
        cutter.finish(keep);
        return last;
    };
    EXPECT_EQ(last_window(0), last_window(-1000));
}

TEST(Windowing, a_run_that_ends_before_its_slot_is_decided_by_its_last_frame) {
    const Windowing windowing{6, 2};
    EXPECT_EQ(windowing.slot(0, {10, 6}), (RowSpan{12, 2}));
    EXPECT_EQ(windowing.slot(0, {10, 3}), (RowSpan{12, 1}));
    EXPECT_EQ(windowing.slot(0, {10, 2}), (RowSpan{11, 1}));
    EXPECT_EQ(windowing.slot(0, {10, 1}), (RowSpan{10, 1}));
}

}  // namespace
}  // namespace earshot::windows
