#include "windows/window_grid.h"

#include <gtest/gtest.h>

#include "support/error.h"

namespace earshot::windows {
namespace {

constexpr FrameShape kLogmel{16000, 40, 0.01, 0.025}, kSpectrum{8000, 5, 0.1, 0.1};

TEST(WindowGrid, follows_from_frames_and_windowing) {
    const auto grid = make_grid(kLogmel, {100, 50});
    EXPECT_DOUBLE_EQ(grid.window_s,
                     1.015);  // from the first sample of the first frame to the last of the last
    EXPECT_DOUBLE_EQ(grid.hop_s, 0.5);
    EXPECT_DOUBLE_EQ(grid.window_onset_s(3), 1.5);
    EXPECT_DOUBLE_EQ(grid.window_offset_s(3), 2.515);
    EXPECT_DOUBLE_EQ(make_grid(kLogmel, {100, 50, Padding::minimum, 0.9}).hop_s, 0.1);
    EXPECT_DOUBLE_EQ(make_grid(kLogmel, {1, 1}).hop_s, 0.01);
}

TEST(WindowGrid, frames_that_overlap_are_whole_samples_apart) {
    EXPECT_EQ(make_grid(kSpectrum, {1, 1, Padding::minimum, 0.7}).hop_s, 0.03);
    EXPECT_EQ(make_grid(kSpectrum, {1, 1, Padding::minimum, 0.7}).window_s, 0.1);
    EXPECT_EQ(overlapping_stretches(kSpectrum, 0.9999).hop, 1u);
}

TEST(WindowGrid, slots_tile_the_recording) {
    const auto grid = make_grid(kSpectrum, {10, 4});
    EXPECT_EQ(grid.slot_s(0), 0);
    for (std::int64_t i = 1; i < 5; ++i) {
        const double centre_s = (grid.window_onset_s(i) + grid.window_offset_s(i)) / 2;
        EXPECT_NEAR(grid.slot_s(i), centre_s - grid.hop_s / 2, 1e-12);
        EXPECT_NEAR(grid.slot_s(i + 1), centre_s + grid.hop_s / 2, 1e-12);
        const auto slot =
            slot_within(grid.window_onset_s(i), grid.window_offset_s(i), grid.window_s, grid.hop_s);
        EXPECT_NEAR(slot.onset_s, grid.slot_s(i), 1e-12);
        EXPECT_NEAR(slot.offset_s, grid.slot_s(i + 1), 1e-12);
    }
}

TEST(WindowGrid, a_slot_lies_within_its_window) {
    const auto slot = slot_within(4, 4.5, 1, 1);  // the recording ends inside the window
    EXPECT_EQ(slot.onset_s, 4);
    EXPECT_EQ(slot.offset_s, 4.5);
}

TEST(WindowGrid, silence_before_a_short_recording_moves_no_slot) {
    // 0.3 s of sound with 0.6 s of silence around it, windows of 1.24 s every 0.16 s
    EXPECT_NEAR(slot_within(-0.6, 0.3, 1.24, 0.16).onset_s, 0.02 - 0.08, 1e-12);
    EXPECT_NEAR(slot_within(-0.6, 0.3, 1.24, 0.16).offset_s, 0.02 + 0.08, 1e-12);
    EXPECT_NEAR(slot_within(-0.44, 0.3, 1.24, 0.16).onset_s, 0.18 - 0.08, 1e-12);
    EXPECT_NEAR(slot_within(-0.44, 0.3, 1.24, 0.16).offset_s, 0.18 + 0.08, 1e-12);
}

TEST(WindowGrid, windows_that_begin_before_the_recording_have_their_slots_in_it) {
    FrameShape vectors{16000, 416, 0.16, 1.24};
    vectors.lead_s = 0.6;
    auto grid = make_grid(vectors, {1, 1});
    EXPECT_EQ(grid.slot_s(0), 0);
    EXPECT_NEAR(grid.slot_s(1), 0.02 + 0.08, 1e-12);  // the middle of window 0 is at 0.02 s
    EXPECT_NEAR(grid.slot_s(2), grid.slot_s(1) + 0.16, 1e-12);
    EXPECT_EQ(grid.window_onset_s(0), 0);
    EXPECT_NEAR(grid.window_onset_s(4), 0.04, 1e-12);
    EXPECT_NEAR(grid.window_offset_s(0), 0.64, 1e-12);
    grid.start_s = 10;  // sound before it was skipped
    EXPECT_EQ(grid.slot_s(0), 10);
    EXPECT_NEAR(grid.slot_s(1), 10.1, 1e-12);
}

TEST(WindowGrid, refuses_what_overlaps_already_or_never_moves_on) {
    for (const double overlap : {1.0, -0.1}) {
        EXPECT_THROW(make_grid(kSpectrum, {1, 1, Padding::minimum, overlap}), Error);
        EXPECT_THROW(make_grid(kLogmel, {100, 50, Padding::minimum, overlap}), Error);
    }
    EXPECT_THROW(make_grid(kLogmel, {1, 1, Padding::minimum, 0.5}), Error);
}

}  // namespace
}  // namespace earshot::windows
