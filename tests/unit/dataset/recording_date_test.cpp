#include "dataset/recording_date.h"

#include <gtest/gtest.h>

#include "support/error.h"

namespace earshot::dataset {
namespace {

using namespace std::chrono_literals;

constexpr Day kFirst = Day(2026y / 11 / 1);

TEST(RecordingDay, is_in_the_name_or_else_in_the_nearest_folder) {
    EXPECT_EQ(recording_day("2026-11-01/20261102T101500.000Z.flac"), kFirst + std::chrono::days(1));
    EXPECT_EQ(recording_day("archive/2026-11-01/audio.wav"), kFirst);
    EXPECT_EQ(recording_day("2025-01-01/2026-11-01/mic/kitchen.wav"), kFirst);
    EXPECT_EQ(recording_day("garden_2026-11-01_morning.wav"), kFirst);
    EXPECT_EQ(recording_day("20261101.wav"), kFirst);
    EXPECT_EQ(recording_day("from 2025-12-31 to 2026-11-01.wav"), kFirst);
}

TEST(RecordingDay, is_not_in_numbers_that_are_no_dates) {
    for (const char* path : {"", "audio.wav", "2026-13-01.wav", "2026-02-30.wav", "120261101.wav",
                             "202611011.wav", "2026-11-1.wav", "2026-11-012.wav", "/", "20261199/x.wav"}) {
        EXPECT_FALSE(recording_day(path)) << path;
    }
}

TEST(Days, are_one_or_a_range) {
    const DayRange week = parse_days("2026-11-01..2026-11-07");
    EXPECT_TRUE(week.contains(kFirst));
    EXPECT_TRUE(week.contains(kFirst + std::chrono::days(6)));
    EXPECT_FALSE(week.contains(kFirst + std::chrono::days(7)));
    EXPECT_FALSE(week.contains(kFirst - std::chrono::days(1)));
    EXPECT_EQ(parse_days("2026-11-01").last, kFirst);
    for (const char* text : {"", "..", "2026-11-01..", "2026-11-02..2026-11-01", "20261101",
                             "2026-11-01...2026-11-02", "monday"})
        EXPECT_THROW(parse_days(text), Error) << text;
}

TEST(Days, the_first_path_that_speaks_of_a_day_decides) {
    const std::vector<DayRange> first{{kFirst, kFirst}};
    EXPECT_TRUE(is_of_days({"audio.wav", "2026-11-01.npz"}, first));
    EXPECT_FALSE(is_of_days({"2026-11-02.wav", "2026-11-01.npz"}, first));
    EXPECT_THROW(is_of_days({"audio.wav", "audio.npz"}, first), Error);
}

}  // namespace
}  // namespace earshot::dataset
