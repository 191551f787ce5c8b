#include "support/time_text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <string>

#include "support/error.h"

namespace earshot {
namespace {

std::string error_of(std::string_view text) {
    try {
        parse_time(text);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

TEST(ParseTime, ReadsEveryNotation) {
    EXPECT_DOUBLE_EQ(parse_time("90"), 90);
    EXPECT_DOUBLE_EQ(parse_time("1.5s"), 1.5);
    EXPECT_DOUBLE_EQ(parse_time("250ms"), 0.25);
    EXPECT_DOUBLE_EQ(parse_time("2m"), 120);
    EXPECT_DOUBLE_EQ(parse_time("1h"), 3600);
    EXPECT_DOUBLE_EQ(parse_time("02:13"), 133);
    EXPECT_DOUBLE_EQ(parse_time("1:02:13.250"), 3733.25);
    EXPECT_DOUBLE_EQ(parse_time("75:00"), 4500);  // the first field may exceed 59
    EXPECT_DOUBLE_EQ(parse_time("0"), 0);
}

/// The original took 00:01.5 for 1005 ms, as 00:01.05.
TEST(ParseTime, Micmon6FractionsAreFractions) {
    EXPECT_DOUBLE_EQ(parse_time("00:01.5"), 1.5);
    EXPECT_DOUBLE_EQ(parse_time("00:01.05"), 1.05);
    EXPECT_EQ(error_of("0:0:0:30"), "0:0:0:30: a time has at most hours, minutes and seconds");
}

TEST(ParseTime, SaysWhatIsWrong) {
    EXPECT_EQ(error_of("02:75"), "02:75: seconds must be below 60");
    EXPECT_EQ(error_of("1:60:00"), "1:60:00: minutes must be below 60");
    EXPECT_EQ(error_of("1.5:00"), "1.5:00: '1.5' is not a number of minutes");
    EXPECT_EQ(error_of("1::2"), "1::2: '' is not a number of minutes");
    EXPECT_EQ(error_of(":"), ":: '' is not a number of minutes");
    EXPECT_EQ(error_of("-1"), "'-1': a time cannot be negative");
    for (const char* text : {"", "abc", "1,5", "nan", "inf", "1e999", "1.5 s", "s", "0x10", "1s s"}) {
        EXPECT_NE(error_of(text).find("is not a time"), std::string::npos) << text;
    }
}

TEST(ParseTime, IgnoresTheLocale) {
    const std::string before = std::setlocale(LC_NUMERIC, nullptr);
    const bool comma = std::setlocale(LC_NUMERIC, "de_DE.UTF-8") != nullptr;  // where the machine has it
    EXPECT_DOUBLE_EQ(parse_time("1.5"), 1.5) << (comma ? "with" : "without") << " a comma locale";
    std::setlocale(LC_NUMERIC, before.c_str());
}

TEST(ClockText, RoundsDown) {
    EXPECT_EQ(clock_text(0), "00:00");
    EXPECT_EQ(clock_text(59.999), "00:59");
    EXPECT_EQ(clock_text(3599.5), "59:59");
    EXPECT_EQ(clock_text(3600), "1:00:00");
    EXPECT_EQ(clock_text(100000), "27:46:40");
}

TEST(Utc, GoesThereAndBack) {
    for (const char* text : {"1970-01-01T00:00:00.000Z", "2024-02-29T23:59:58.123Z",
                             "1678-01-01T00:00:00.000Z", "2261-12-31T23:59:59.999Z"}) {
        const auto time = parse_utc(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(utc_text(*time), text);
    }
    EXPECT_EQ(parse_utc("1970-01-01T00:00:01Z")->time_since_epoch().count(), 1'000'000);
    EXPECT_EQ(parse_utc("1970-01-02T00:00:00.5Z")->time_since_epoch().count(), 86'400'500'000);
    for (const char* text : {"", "2024-02-29", "2024-02-29T23:59:58", "2024-02-30T00:00:00Z",
                             "2023-02-29T00:00:00Z", "2024-02-29T23:59:58.12xZ", "2024-02-29T23:59:58,1Z"})
        EXPECT_FALSE(parse_utc(text)) << text;
}

// 9999-12-31 overflowed the clock's nanoseconds and became 1816.
TEST(Utc, AYearBeyondTheClockIsRefused) {
    for (const char* text : {"9999-12-31T00:00:00Z", "2262-01-01T00:00:00Z", "1677-12-31T23:59:59Z"}) {
        try {
            parse_utc(text);
            ADD_FAILURE() << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.what(), std::string(text) + ": the year must be from 1678 to 2261");
        }
    }
}

TEST(ParseNumber, TakesAllOfTheTextOrNothing) {
    EXPECT_DOUBLE_EQ(parse_number("-1.25e-2"), -0.0125);
    for (const char* text : {"", " 1", "1 ", "1x", "+1", "nan", "inf", "1,5"}) {
        EXPECT_THROW(parse_number(text), Error) << text;
    }
}

}  // namespace
}  // namespace earshot
