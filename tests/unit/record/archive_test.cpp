#include "record/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/archive_reader.h"
#include "record/recovery.h"
#include "record/segment_name.h"
#include "support/error.h"
#include "unit/record/archives.h"

namespace earshot::record {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr audio::AudioFormat kFormat{8000, 1};
const nlohmann::ordered_json kNoLine = nlohmann::ordered_json::object();

class ArchiveTest : public testing::Test {
 protected:
    Archive open() {
        options_.directory = directory_ / "archive";
        return Archive(options_, [this](const std::string& text) { said_.push_back(text); });
    }
    /// A segment with a second of sound.
    static void keep(Archive& archive, UtcTime start) {
        auto part = archive.begin(start, kFormat, kNoLine);
        part.file->write(std::vector(8000, 0.25f));
        archive.commit(std::move(part), {{"frames", 8000}});
    }
    std::vector<std::string> files() const {
        std::vector<std::string> files;
        for (const auto& row : index_rows(directory_ / "archive")) files.push_back(row["file"]);
        return files;
    }

    ScratchDirectory directory_;
    ArchiveOptions options_;
    std::vector<std::string> said_;
};

TEST_F(ArchiveTest, SegmentsLieInTheFolderOfTheirDay) {
    auto archive = open();
    keep(archive, kMidnight + 23h + 59min + 59s);
    keep(archive, kMidnight + 24h);
    keep(archive, kMidnight + 24h);  // the clock was set back
    EXPECT_THAT(files(),
                ElementsAre("2024-02-29/20240229T235959.000Z.wav", "2024-03-01/20240301T000000.000Z.wav",
                            "2024-03-01/20240301T000000.000Z-1.wav"));
    for (const auto& file : files()) EXPECT_EQ(samples_of(directory_ / "archive/" + file).size(), 8000u);
}

TEST_F(ArchiveTest, WhatIsDiscardedLeavesNothing) {
    auto archive = open();
    archive.discard(archive.begin(kMidnight, kFormat, kNoLine));
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_THAT(hidden_files(directory_ / "archive"), IsEmpty());
}

TEST_F(ArchiveTest, ASecondProcessIsKeptOut) {
    const auto archive = open();
    EXPECT_THROW(open(), Error);
}

/// Position and device were in no recovered line, since the sound does not tell them.
TEST_F(ArchiveTest, RecoveredLinesHavePositionDeviceAndGap) {
    const nlohmann::ordered_json line{{"overruns", 2},
                                      {"position", 123'456},
                                      {"gap", {{"frames", 80}, {"seconds", 0.01}, {"cause", "overrun"}}},
                                      {"device", "alsa:plughw:1,0"}};
    {
        auto archive = open();
        keep(archive, kMidnight);
        auto part = archive.begin(kMidnight + 1s, kFormat, line);
        part.file->write(std::vector(4000, 0.5f));
    }  // as a crash would leave it
    const auto again = open();
    const auto rows = index_rows(directory_ / "archive");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_FALSE(rows[0].contains("recovered"));
    for (const auto& [key, value] : line.items()) EXPECT_EQ(rows[1][key], value) << key;
    EXPECT_EQ(rows[1]["frames"], 4000);
    EXPECT_EQ(rows[1]["max_amp"], 0.5);
    EXPECT_EQ(rows[1]["recovered"], true);
    EXPECT_EQ(samples_of(directory_ / "archive/" + rows[1]["file"].get<std::string>()),
              std::vector(4000, 0.5f));
    EXPECT_THAT(said_, ElementsAre(HasSubstr("recovered after a crash")));
}

TEST_F(ArchiveTest, ANoteOfAnotherSegmentIsNotTaken) {
    {
        auto archive = open();
        archive.discard(archive.begin(kMidnight, kFormat, {{"position", 1}}));
        keep(archive, kMidnight + 1s);
    }
    std::filesystem::resize_file(directory_ / "archive/2024-02-29/index.jsonl", 0);
    std::ofstream(directory_ / "archive/.lock")
        << R"({"file": "2024-02-29/20240229T000000.000Z.wav", "position": 1})";
    const auto again = open();
    const auto rows = index_rows(directory_ / "archive");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_FALSE(rows[0].contains("position"));
}

TEST_F(ArchiveTest, TheOldestGoWhenThereIsTooMuch) {
    options_.max_bytes = 100'000;  // six segments of 16 kB
    auto archive = open();
    for (int day = 0; day < 3; ++day)
        for (int i = 0; i < 3; ++i) keep(archive, kMidnight + day * 24h + i * 1s);
    EXPECT_FALSE(std::filesystem::exists(directory_ / "archive/2024-02-29"));
    EXPECT_EQ(files().size(), 6u);
    for (int i = 3; i < 9; ++i) keep(archive, kMidnight + 48h + i * 1s);
    EXPECT_THAT(files().front(), HasSubstr("2024-03-02/"));
    EXPECT_LE(files().size(), 6u);
    for (const auto& file : files())
        EXPECT_TRUE(std::filesystem::exists(directory_ / "archive/" + file)) << file;
}

TEST_F(ArchiveTest, DaysThatAreTooOldGo) {
    options_.max_age_s = 86'400;
    auto archive = open();
    for (int day = 0; day < 4; ++day) keep(archive, kMidnight + day * 24h);
    archive.retain(kMidnight + 3 * 24h + 1h);
    EXPECT_EQ(files().size(), 2u);  // the day of the limit stays
}

TEST(CompletePart, OfWavStatesItsLengthAndRefusesWhatHoldsNone) {
    const ScratchDirectory directory;
    const auto part = directory / ".a.wav.part", whole = directory / "a.wav";
    {
        const auto file = create_sound_file(part, kFormat, {});
        file->write(std::vector(100, 0.5f));
    }
    std::ofstream(part, std::ios::app | std::ios::binary) << 'x';  // half a sample
    EXPECT_TRUE(complete_part(part, whole));
    EXPECT_EQ(samples_of(whole), std::vector(100, 0.5f));
    for (const std::string text : {"", "RIFF"}) {
        std::ofstream(part, std::ios::binary) << text;
        EXPECT_FALSE(complete_part(part, directory / "b.wav"));
        EXPECT_FALSE(std::filesystem::exists(part));
        EXPECT_FALSE(std::filesystem::exists(directory / "b.wav"));
    }
}

TEST(ArchiveReader, AddsUpTheLinesOfADay) {
    const ScratchDirectory directory;
    EXPECT_FALSE(is_archive(directory.path()));
    std::filesystem::create_directories(directory / "2024-02-29");
    std::ofstream(directory / "2024-02-29/index.jsonl")
        << R"({"file": "2024-02-29/20240229T000000.000Z.wav", "duration": 3, "max_amp": 0.5, "clipped": 2})"
        << '\n'
        << R"({"file": "2024-02-29/20240229T001459.999Z.wav", "duration": 3, "max_amp": 0.7, "overruns": 1,)"
        << R"( "gap": {"frames": 8, "seconds": 0.25, "cause": "overrun"}})" << '\n'
        << R"({"file": "2024-02-29/20240229T235959.000Z.wav", "duration": 1.5, "max_amp": 0.1, "rms_dbfs": null})"
        << '\n'
        << "no line\n{\"file\": 5}\n{\"file\": \"notes.txt\"}\n";
    EXPECT_TRUE(is_archive(directory.path()));
    std::vector<std::string> warnings;
    const auto days =
        read_archive(directory.path(), [&](const std::string& text) { warnings.push_back(text); });
    ASSERT_EQ(days.size(), 1u);
    EXPECT_EQ(days[0].day, "2024-02-29");
    EXPECT_EQ(days[0].segments, 3);
    EXPECT_EQ(days[0].recorded_s, 7.5);
    EXPECT_EQ(days[0].max_amp, 0.7);
    EXPECT_EQ(days[0].clipped, 2);
    EXPECT_EQ(days[0].overruns, 1);
    EXPECT_EQ(days[0].missing_s, 0.25);
    EXPECT_EQ(days[0].peaks[0], 0.7);
    EXPECT_FALSE(days[0].peaks[1]);
    EXPECT_EQ(days[0].peaks[95], 0.1);
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("3 lines")));
}

TEST(DayIndex, CutsOffHalfALineAndForgetsFiles) {
    const ScratchDirectory directory;
    {
        DayIndex index(directory.path());
        for (const char* file : {"d/a.wav", "d/b.wav", "d/c.wav"}) index.append({{"file", file}});
        EXPECT_EQ(index.files(), (std::set<std::string>{"a.wav", "b.wav", "c.wav"}));
    }
    const auto path = directory / "index.jsonl";
    std::ofstream(path, std::ios::app) << R"({"file": "d/ha)";
    DayIndex index(directory.path());
    EXPECT_EQ(index.files().size(), 3u);
    index.remove({"a.wav", "c.wav"});
    EXPECT_EQ(index.files(), (std::set<std::string>{"b.wav"}));
    index.append({{"file", "d/d.wav"}});
    EXPECT_EQ(index.files(), (std::set<std::string>{"b.wav", "d.wav"}));
}

TEST(DayIndex, ALineThatDoesNotFitComesWithTheNext) {
    const ScratchDirectory directory;
    DayIndex index(directory.path());
    index.append({{"file", "d/a.wav"}});
    {
        const FullDisk full(25);  // a part of it fits
        index.append({{"file", "d/b.wav"}});
    }
    index.append({{"file", "d/c.wav"}});
    EXPECT_EQ(index.files(), (std::set<std::string>{"a.wav", "b.wav", "c.wav"}));
}

TEST(SegmentName, SortsByTime) {
    std::vector<std::string> names;
    for (const auto later : {0ms, 1ms, 999ms, 1000ms, 60'000ms, 86'400'000ms})
        names.push_back(segment_name(kMidnight + later, 0) + ".wav");
    EXPECT_TRUE(std::ranges::is_sorted(names));
}

}  // namespace
}  // namespace earshot::record
