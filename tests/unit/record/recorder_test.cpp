#include "record/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <optional>

#include "support/error.h"
#include "unit/record/archives.h"

namespace earshot::record {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr int kRate = 8000;

/// Samples that 16 bits hold exactly, no two neighbours alike.
std::vector<float> steps(std::size_t count) {
    std::vector<float> samples(count);
    for (std::size_t i = 0; i < count; ++i)
        samples[i] = static_cast<float>(static_cast<int>(i * 7919 % 20'000) - 10'000) / 32'768;
    return samples;
}

/// Silence with a square wave of -6 dBFS at [begin, end) seconds.
std::vector<float> burst(double total_s, double begin_s, double end_s) {
    std::vector<float> samples(static_cast<std::size_t>(std::lround(total_s * kRate)));
    for (auto i = static_cast<std::size_t>(std::lround(begin_s * kRate));
         i < static_cast<std::size_t>(std::lround(end_s * kRate)); ++i)
        samples[i] = i % 2 == 0 ? 0.5f : -0.5f;
    return samples;
}

class RecorderTest : public testing::Test {
 protected:
    void open(int channels = 1) {
        archive_.reset();
        archive_options_.directory = directory_ / "archive";
        archive_.emplace(archive_options_, say_);
        recorder_.emplace(options_, audio::AudioFormat{kRate, channels}, *archive_, say_);
        channels_ = channels;
    }
    /// Pushes samples that begin at `position`, in blocks of `block` frames.
    void push(std::span<const float> samples, std::size_t block, std::int64_t position = 0,
              std::optional<capture::Gap> gap = {}) {
        const auto channels = static_cast<std::size_t>(channels_);
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), block * channels));
            recorder_->push(
                {kMidnight + std::chrono::microseconds(1'000'000 * position / kRate), position, gap}, part);
            gap.reset();
            samples = samples.subspan(part.size());
            position += static_cast<std::int64_t>(part.size() / channels);
        }
    }
    std::vector<nlohmann::json> rows() const { return index_rows(directory_ / "archive"); }
    std::vector<float> joined() const {
        std::vector<float> all;
        for (const auto& row : rows()) {
            const auto part = samples_of(directory_ / "archive/" + row["file"].get<std::string>());
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }
    std::vector<std::int64_t> lengths() const {
        std::vector<std::int64_t> lengths;
        for (const auto& row : rows()) lengths.push_back(row["frames"]);
        return lengths;
    }

    ScratchDirectory directory_;
    ArchiveOptions archive_options_;
    RecorderOptions options_;
    std::vector<std::string> said_;
    Archive::Say say_ = [this](const std::string& text) { said_.push_back(text); };
    std::optional<Archive> archive_;
    std::optional<Recorder> recorder_;
    int channels_ = 1;
};

/// Of a first block that was longer than a segment, the segment took all, and then never ended.
TEST_F(RecorderTest, SegmentsThatAreShorterThanABlockEnd) {
    options_.segment_s = 0.25;
    const auto sound = steps(3 * kRate);
    for (const std::size_t block : {4096u, 2000u, 2001u, 100'000u}) {
        std::filesystem::remove_all(directory_ / "archive");
        open();
        push(sound, block);
        recorder_->cut();
        EXPECT_EQ(lengths(), std::vector<std::int64_t>(12, 2000)) << block;
        EXPECT_EQ(joined(), sound) << block;
    }
}

TEST_F(RecorderTest, SegmentsJoinSampleForSampleWhateverTheBlocks) {
    options_.segment_s = 0.3337;
    for (const int channels : {1, 3}) {
        const auto sound = steps(static_cast<std::size_t>(kRate * channels));
        for (const std::size_t block : {1u, 799u, 5000u}) {
            std::filesystem::remove_all(directory_ / "archive");
            open(channels);
            push(sound, block);
            recorder_->cut();
            EXPECT_EQ(joined(), sound) << block;
            std::int64_t position = 0;
            for (const auto& row : rows()) {
                EXPECT_EQ(row["position"], position);
                position += row["frames"].get<std::int64_t>();
            }
        }
    }
}

TEST_F(RecorderTest, AGapEndsASegmentAndTheNextLineTellsIt) {
    options_.segment_s = 1;
    options_.device = "pulse:desk";
    open();
    push(steps(5000), 500);
    push(steps(5000), 500, 9000, capture::Gap{4000, capture::GapCause::overrun});
    recorder_->cut();
    EXPECT_THAT(lengths(), ElementsAre(5000, 5000));
    EXPECT_FALSE(rows()[0].contains("gap"));
    EXPECT_EQ(rows()[1]["gap"], (nlohmann::json{{"frames", 4000}, {"seconds", 0.5}, {"cause", "overrun"}}));
    EXPECT_EQ(rows()[1]["overruns"], 1);
    EXPECT_EQ(rows()[1]["position"], 9000);
    EXPECT_EQ(rows()[1]["time"], "2024-02-29T00:00:01.125Z");
    EXPECT_EQ(rows()[1]["device"], "pulse:desk");
}

TEST_F(RecorderTest, OfWholeSegmentsThoseWithSoundStay) {
    options_.segment_s = 1;
    options_.gate.emplace();
    open();
    push(burst(6, 2.4, 2.6), 300);
    push(burst(3, 0.999, 1.001), 300, 6 * kRate);  // in two segments
    recorder_->cut();
    std::vector<std::int64_t> positions;
    for (const auto& row : rows()) positions.push_back(row["position"].get<std::int64_t>() / kRate);
    EXPECT_THAT(positions, ElementsAre(2, 6, 7));
    EXPECT_EQ(recorder_->statistics().segments, 3);
    EXPECT_EQ(recorder_->statistics().kept_frames, 3 * kRate);
}

TEST_F(RecorderTest, WithMarginsTheSoundAloneStays) {
    options_.segment_s = 10;
    options_.gate.emplace();
    options_.pre_roll_s = 0.5;
    options_.post_roll_s = 0.25;
    const auto sound = burst(6, 2, 3);
    for (const std::size_t block : {80u, 333u, 48'000u}) {
        std::filesystem::remove_all(directory_ / "archive");
        open();
        push(sound, block);
        recorder_->cut();
        ASSERT_EQ(rows().size(), 1u) << block;
        const auto begin = rows()[0]["position"].get<std::int64_t>(),
                   end = begin + rows()[0]["frames"].get<std::int64_t>();
        EXPECT_EQ(begin, static_cast<std::int64_t>(1.5 * kRate)) << block;
        EXPECT_NEAR(static_cast<double>(end), 3.25 * kRate, 0.011 * kRate) << block;
        EXPECT_EQ(joined(), std::vector(sound.begin() + begin, sound.begin() + end)) << block;
    }
}

TEST_F(RecorderTest, WhatDoesNotFitOnTheDiskIsCountedAndSaidOnce) {
    options_.segment_s = 0.25;
    open();
    push(steps(4000), 500);
    {
        const FullDisk full(10);
        push(steps(4000), 500, 4000);
    }
    push(steps(4000), 500, 8000);
    recorder_->cut();
    const auto& statistics = recorder_->statistics();
    EXPECT_EQ(statistics.kept_frames + statistics.no_room_frames, 12'000);
    EXPECT_GT(statistics.no_room_frames, 0);
    std::int64_t kept = 0;
    for (const std::int64_t length : lengths()) kept += length;
    EXPECT_EQ(kept, statistics.kept_frames);
    ASSERT_EQ(said_.size(), 2u);
    EXPECT_THAT(said_[0], HasSubstr("nothing is kept until space is free again"));
    EXPECT_THAT(said_[1], HasSubstr("space is free again"));
}

/// A file for every block that did not fit.
TEST_F(RecorderTest, NoEmptyFilesStayOnAFullDisk) {
    open();
    {
        const FullDisk full(10);
        push(steps(4000), 100);
    }
    recorder_->cut();
    EXPECT_TRUE(rows().empty());
    EXPECT_TRUE(hidden_files(directory_ / "archive").empty());
    EXPECT_EQ(recorder_->statistics().segments, 0);
    EXPECT_EQ(recorder_->statistics().no_room_frames, 4000);
}

}  // namespace
}  // namespace earshot::record
