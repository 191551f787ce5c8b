#include "live/clip_saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "support/error.h"

namespace earshot::live {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kRate = 1000;
const UtcTime kBegin = std::chrono::sys_days(std::chrono::year(2024) / std::chrono::February / 29);

/// Sample p of the capture, exact in 16 bits.
float sample_at(std::int64_t position) {
    return static_cast<float>(static_cast<int>(position * 7 % 20'000) - 10'000) / 32'768;
}

std::vector<float> stretch(std::int64_t begin, std::int64_t end) {
    std::vector<float> samples;
    for (; begin < end; ++begin) samples.push_back(sample_at(begin));
    return samples;
}

class ClipSaverTest : public testing::Test {
 protected:
    ClipSaverTest() {
        std::string pattern = (fs::temp_directory_path() / "earshot-clips-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
        directory_ = pattern;
        options_.directory = directory_ / "clips";
        options_.device = "pulse:desk";
        options_.pre_s = 0.5;
        options_.post_s = 0.25;
    }
    ~ClipSaverTest() override { fs::remove_all(directory_); }

    void open() {
        history_.emplace(kRate, ClipSaver::history_s(options_));
        saver_.emplace(options_, *history_);
    }
    void hear(std::int64_t end) {
        for (; heard_ < end; heard_ += 100) {
            const auto time = kBegin + std::chrono::milliseconds(heard_);
            const auto samples = stretch(heard_, std::min(end, heard_ + 100));
            history_->samples(heard_, time, samples);
            saver_->samples(heard_, time, samples);
        }
    }
    static LiveEvent event(const std::string& label, double onset_s, double offset_s) {
        return {{onset_s, offset_s, label, 0.5},
                kBegin + std::chrono::milliseconds(std::lround(1000 * onset_s))};
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(options_.directory))
            names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }
    std::vector<float> sound(const std::string& name) const {
        SF_INFO info{};
        SNDFILE* const file = sf_open((fs::path(options_.directory) / name).c_str(), SFM_READ, &info);
        if (!file) throw std::runtime_error(name);
        std::vector<float> samples(static_cast<std::size_t>(info.frames));
        sf_read_float(file, samples.data(), info.frames);
        sf_close(file);
        return samples;
    }
    nlohmann::json json(const std::string& name) const {
        return nlohmann::json::parse(std::ifstream(fs::path(options_.directory) / name));
    }

    fs::path directory_;
    ClipOptions options_;
    std::optional<SoundHistory> history_;  // outlives the saver
    std::optional<ClipSaver> saver_;
    std::int64_t heard_ = 0;
};

TEST_F(ClipSaverTest, AClipIsTheEventWithWhatCameBeforeAndAfter) {
    open();
    hear(3000);
    saver_->starts(event("robin", 2, 2));
    hear(6000);  // when its end is known, the event is long over
    saver_->ends(event("robin", 2, 3.5));
    hear(7000);
    saver_->finish();
    ASSERT_THAT(files(), ElementsAre("20240229T000001.500Z-robin.json", "20240229T000001.500Z-robin.wav"));
    EXPECT_EQ(sound(files()[1]), stretch(1500, 3750));
    const auto row = json(files()[0]);
    EXPECT_EQ(row["label"], "robin");
    EXPECT_EQ(row["onset"], 2.0);
    EXPECT_EQ(row["offset"], 3.5);
    EXPECT_EQ(row["file"], "pulse:desk");
    EXPECT_EQ(row["clip"]["file"], "20240229T000001.500Z-robin.wav");
    EXPECT_EQ(row["clip"]["onset"], 1.5);
    EXPECT_EQ(row["clip"]["offset"], 3.75);
    EXPECT_EQ(row["clip"]["time"], "2024-02-29T00:00:01.500Z");
    EXPECT_EQ(saver_->totals().saved, 1);
}

TEST_F(ClipSaverTest, AnEventThatIsLongerThanTheHistoryLosesNothing) {
    open();
    hear(2000);
    saver_->starts(event("rain", 1, 1));
    const auto end = static_cast<std::int64_t>(3 * ClipSaver::history_s(options_)) * kRate;
    hear(end);
    saver_->ends(event("rain", 1, static_cast<double>(end) / kRate - 1));
    hear(end + 1000);
    saver_->finish();
    EXPECT_EQ(sound("20240229T000000.500Z-rain.wav"), stretch(500, end - 750));
}

TEST_F(ClipSaverTest, AClipOfAnEventThatIsMutedIsRemoved) {
    options_.muted_within_s = 30;
    open();
    hear(2000);
    saver_->may_start(event("cry", 1, 1));
    hear(4000);
    saver_->may_start(event("cry", 3, 3));
    const auto end = static_cast<std::int64_t>(3 * ClipSaver::history_s(options_)) * kRate;
    hear(end);  // by now, some of each is on disk
    saver_->rejects({{event("cry", 1, 2.5).event, detect::TooShort{3}}, {}});  // another cry
    saver_->rejects({{event("cry", 1, 2.5).event, detect::Suppressed{"dog", 2, 30}}, {}});
    const double offset_s = static_cast<double>(end) / kRate - 25;  // known 25 s later
    saver_->starts(event("cry", 3, offset_s));
    saver_->ends(event("cry", 3, offset_s));
    hear(end + 1000);
    saver_->may_start(event("cry", static_cast<double>(end) / kRate, 0));  // never decided
    saver_->finish();
    ASSERT_THAT(files(), ElementsAre("20240229T000002.500Z-cry.json", "20240229T000002.500Z-cry.wav"));
    EXPECT_EQ(sound(files()[1]), stretch(2500, std::lround(1000 * (offset_s + 0.25))));
    EXPECT_EQ(saver_->totals().saved, 1);
    EXPECT_EQ(saver_->totals().failed, 0);
}

TEST_F(ClipSaverTest, EventsOfSeveralLabelsOverlap) {
    open();
    hear(2000);
    saver_->starts(event("robin", 1, 1));
    saver_->starts(event("wren/male", 1.5, 1.5));  // no name of a file has a slash
    saver_->ends(event("robin", 1, 2));
    hear(3000);
    saver_->starts(event("robin", 2.5, 2.5));
    saver_->ends(event("wren/male", 1.5, 2.75));
    saver_->ends(event("robin", 2.5, 3));
    hear(4000);
    saver_->finish();
    EXPECT_EQ(sound("20240229T000000.500Z-robin.wav"), stretch(500, 2250));
    EXPECT_EQ(sound("20240229T000001.000Z-wren_male.wav"), stretch(1000, 3000));
    EXPECT_EQ(sound("20240229T000002.000Z-robin.wav"), stretch(2000, 3250));
    EXPECT_EQ(saver_->totals().saved, 3);
}

TEST_F(ClipSaverTest, AClipEndsWhereSoundIsMissingAndAtTheEnd) {
    open();
    hear(2000);
    saver_->starts(event("robin", 1, 1));
    saver_->gap({2, 3, {}, capture::GapCause::overrun});
    heard_ = 3000;
    hear(4000);
    saver_->starts(event("wren", 3.75, 3.75));
    saver_->finish();
    EXPECT_EQ(sound("20240229T000000.500Z-robin.wav"), stretch(500, 2000));
    EXPECT_EQ(sound("20240229T000003.250Z-wren.wav"), stretch(3250, 4000));
}

TEST_F(ClipSaverTest, TheLastSecondsCanBeSaved) {
    open();
    hear(5000);
    const auto path = saver_->save_last(2);
    saver_->finish();
    EXPECT_EQ(fs::path(path).filename(), "20240229T000003.000Z-last.wav");
    EXPECT_EQ(sound("20240229T000003.000Z-last.wav"), stretch(3000, 5000));
    EXPECT_EQ(json("20240229T000003.000Z-last.json")["clip"], "20240229T000003.000Z-last.wav");
}

TEST_F(ClipSaverTest, WhatCannotBeWrittenIsCountedAndTheFirstProblemKept) {
    open();
    hear(3000);
    fs::create_directory(fs::path(options_.directory) / "20240229T000000.500Z-robin.wav");  // in the way
    saver_->starts(event("robin", 1, 1));
    saver_->ends(event("robin", 1, 2));
    saver_->starts(event("wren", 1, 1));
    saver_->ends(event("wren", 1, 2));
    hear(4000);
    saver_->finish();
    EXPECT_EQ(saver_->totals().saved, 1);
    EXPECT_EQ(saver_->totals().failed, 1);
    EXPECT_THAT(saver_->totals().problem, HasSubstr("robin.wav"));
}

TEST_F(ClipSaverTest, WithoutADirectoryItDoesNotBegin) {
    std::ofstream(directory_ / "file") << "x";
    options_.directory = directory_ / "file";
    EXPECT_THROW(open(), WriteError);
}

}  // namespace
}  // namespace earshot::live
