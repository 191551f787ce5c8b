#include "dataset/dataset_builder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <ctime>
#include <limits>
#include <set>

#include "dataset/framing.h"
#include "npz/npz.h"
#include "unit/audio/audio_files.h"
#include "unit/dataset/scratch.h"

namespace earshot::dataset {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Json = nlohmann::ordered_json;

constexpr double kEnd = std::numeric_limits<double>::infinity();
constexpr int kRate_hz = 8000;
const Json kFrontend{{"kind", "spectrum"}, {"rate_hz", kRate_hz}, {"duration_s", 0.5},
                     {"low_hz", 100.0},    {"high_hz", 4000.0},   {"bins", 4}};

class Builder : public testing::Test {
 protected:
    Builder() {
        settings_.frontend = kFrontend;
        settings_.source.rate_hz = kRate_hz;
        settings_.labels = {"cry", "dog", "quiet"};
        samples_ = noise(4 * kRate_hz + 1000, 1);  // 8 whole frames and a short one
        write_sndfile(scratch_ / "a.wav", samples_, {kRate_hz, 1}, kWavFloat);
        entry_.audio = entry_.group = scratch_ / "a.wav";
        // Frames last half a second: 1 and 2 are cries, 5 is a dog.
        entry_.timeline = label::Timeline{{{0.5, 1.5, "cry", {}}, {2.5, 3, "dog", {}}}};
    }

    BuildReport build(std::optional<std::string> identity = {}) const {
        const DatasetBuilder builder(settings_);
        AtomicFile out(path_);
        auto report = builder.build(entry_, *builder.frontend(), std::move(identity), out, [](double) {});
        out.close();
        return report;
    }

    /// A file of waveforms, of which each has its own number of samples.
    void write_waveforms(const std::vector<std::vector<float>>& waveforms,
                         const std::vector<std::string>& labels) {
        Json json{{"waveforms", waveforms}, {"labels", labels}, {"fs", kRate_hz}};
        write_bytes(scratch_ / "w.json", json.dump());
        const std::string path = scratch_ / "w.json";
        CatalogueOptions options;
        options.waveforms = options.skip_bad = true;
        const auto catalogue = find_recordings({&path, 1}, options);
        entry_ = catalogue.entries.at(0);
        EXPECT_EQ(entry_.problem, "");
    }

    /// What a front end of its own makes of samples from their beginning to their end.
    static std::vector<std::vector<float>> frames_of(std::span<const float> samples) {
        std::vector<std::vector<float>> frames;
        const frontend::FrameSink keep = [&](std::span<const float> frame, double) {
            frames.emplace_back(frame.begin(), frame.end());
        };
        const auto frontend = frontend::make_frontend(kFrontend);
        frontend->push(samples, keep);
        frontend->finish(keep);
        return frames;
    }

    Scratch scratch_;
    std::string path_ = scratch_ / "a.npz";
    BuildSettings settings_;
    CatalogueEntry entry_;
    std::vector<float> samples_;
};

TEST_F(Builder, KeepsTheLabelledFramesOfTheFrontEnd) {
    const auto report = build("identity");
    const auto made = read_recording(path_);
    const auto frames = frames_of(samples_);
    ASSERT_EQ(made.size(), 3U);
    EXPECT_THAT(made.classes, ElementsAre(0, 0, 1));
    EXPECT_THAT(made.times, ElementsAre(0.5, 1, 2.5));
    std::vector<float> expected;
    for (const std::size_t i : {1U, 2U, 5U})
        expected.insert(expected.end(), frames[i].begin(), frames[i].end());
    EXPECT_EQ(made.frames, expected);
    EXPECT_EQ(made.labels, settings_.labels);
    EXPECT_EQ(made.events, entry_.timeline->events);
    EXPECT_EQ(made.low_hz, 100);
    EXPECT_EQ(made.high_hz, 4000);
    EXPECT_EQ(made.frontend, kFrontend);
    EXPECT_EQ(made.file, entry_.audio);
    EXPECT_EQ(made.content_hash, "identity");
    EXPECT_THAT(report.class_frames, ElementsAre(2U, 1U, 0U));
    EXPECT_EQ(report.unlabelled_frames, 0U);
    EXPECT_EQ(report.events_past_end, 0);
    EXPECT_FALSE(report.unchanged);
}

TEST_F(Builder, KeepsUnlabelledFramesOrMakesThemBackgroundWhereAsked) {
    settings_.keep_unlabelled = true;
    EXPECT_EQ(build().unlabelled_frames, frames_of(samples_).size() - 3);
    const auto kept = read_recording(path_);
    EXPECT_THAT(std::vector(kept.classes.begin(), kept.classes.begin() + 6),
                ElementsAre(-1, 0, 0, -1, -1, 1));
    settings_.background = "quiet";
    EXPECT_EQ(build().unlabelled_frames, 0U);
    auto classes = kept.classes;
    for (auto& c : classes) c = c < 0 ? 2 : c;
    const auto filled = read_recording(path_);
    EXPECT_EQ(filled.classes, classes);
    EXPECT_EQ(filled.frames, kept.frames);
}

TEST_F(Builder, RefusesMoreClassesThanReadersTake) {
    entry_.timeline = label::Timeline{{{0.5, 1.5, "9", {}}}};
    settings_.labels.clear();
    for (int i = 0; i < 65536; ++i) settings_.labels.push_back(std::to_string(i));
    build();
    EXPECT_EQ(read_recording(path_).labels, settings_.labels);
    settings_.labels.push_back("one more");
    EXPECT_THAT([&] { build(); },
                ThrowsMessage<Error>(HasSubstr("65537 different labels, but a dataset has at most 65536")));
}

TEST_F(Builder, ReadsBackTheReportOfWhatItMade) {
    settings_.keep_unlabelled = true;
    const auto made = build();
    const auto read = report_of(path_);
    EXPECT_EQ(read.class_frames, made.class_frames);
    EXPECT_EQ(read.unlabelled_frames, made.unlabelled_frames);
    EXPECT_TRUE(read.unchanged);
}

TEST_F(Builder, CountsEventsPastTheEndAndCutsThemOff) {
    const double end_s = 4.125;
    entry_.timeline = label::Timeline{{{1, 4.5, "cry", {}}, {3, kEnd, "dog", {}}, {5, 6, "dog", {}}}};
    EXPECT_EQ(build().events_past_end, 2);
    EXPECT_THAT(read_recording(path_).events,
                ElementsAre(label::Event{1, end_s, "cry", {}}, label::Event{3, end_s, "dog", {}}));
    settings_.source.duration_s = 4;  // the end of the sound is then not the recording's
    EXPECT_EQ(build().events_past_end, 0);
}

TEST_F(Builder, SaysWhyARecordingGivesNoFrame) {
    entry_.timeline = label::Timeline{};
    EXPECT_THAT([&] { build(); }, ThrowsMessage<Error>(HasSubstr("a.wav: none of its frames is labelled")));
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Builder, TheIdentityChangesWithWhateverTheFileDependsOn) {
    std::set<std::string> identities;
    int made = 0;
    const auto note = [&](const std::string& audio_hash = "audio") {
        identities.insert(DatasetBuilder(settings_).identity(entry_, audio_hash));
        ++made;
    };
    note();
    EXPECT_EQ(DatasetBuilder(settings_).identity(entry_, "audio"), *identities.begin());  // and not by itself
    entry_.audio = "elsewhere/a.wav";
    EXPECT_EQ(DatasetBuilder(settings_).identity(entry_, "audio"),
              *identities.begin());  // nor with its place
    note("other audio");
    settings_.frontend["bins"] = 5;
    note();
    settings_.source.start_s = 1;
    note();
    settings_.source.duration_s = 2;
    note();
    settings_.source.channels.index = 1;
    note();
    settings_.labels.emplace_back("siren");
    note();
    settings_.background = "quiet";
    note();
    settings_.keep_unlabelled = true;
    note();
    settings_.type = FrameType::float16;
    note();
    entry_.group = "others";
    entry_.group_chosen = true;
    note();
    entry_.timeline->events[0].offset_s = 1.4;
    note();
    EXPECT_EQ(identities.size(), static_cast<std::size_t>(made));
}

TEST_F(Builder, FramesEachWaveformByItself) {
    const std::vector<std::vector<float>> waveforms{noise(4000, 1, 2), noise(4000, 1, 3), noise(4000, 1, 4)};
    write_waveforms(waveforms, {"dog", "cry", "dog"});
    EXPECT_THAT(build().class_frames, ElementsAre(1U, 2U, 0U));
    const auto made = read_recording(path_);
    EXPECT_THAT(made.classes, ElementsAre(1, 0, 1));
    EXPECT_THAT(made.times, ElementsAre(0, 0.5, 1));
    std::vector<float> expected;
    for (const auto& waveform : waveforms)
        for (const auto& frame : frames_of(waveform))
            expected.insert(expected.end(), frame.begin(), frame.end());
    EXPECT_EQ(made.frames, expected);
}

TEST_F(Builder, LeavesWaveformsOutThatCannotBeUsed) {
    write_waveforms({noise(4000, 1, 2), noise(3000, 1, 3), noise(4000, 1, 4)}, {"dog", "cry", "cry"});
    EXPECT_THAT(build().class_frames, ElementsAre(1U, 1U, 0U));
    EXPECT_THAT(read_recording(path_).times, ElementsAre(0, 7000.0 / kRate_hz));  // their place stays empty
}

// datagen --dtype float16 was ignored for waveform JSON.
TEST_F(Builder, Float16IsHonouredForSoundAndForWaveforms) {
    const auto expect_halves = [&] {
        settings_.type = FrameType::float32;
        build();
        const auto exact = read_recording(path_).frames;
        EXPECT_EQ(npz::NpzReader(path_).header("samples").type.item_bytes, 4U);
        settings_.type = FrameType::float16;
        build();
        EXPECT_EQ(npz::NpzReader(path_).header("samples").type.item_bytes, 2U);
        const auto rounded = read_recording(path_).frames;
        ASSERT_EQ(rounded.size(), exact.size());
        for (std::size_t i = 0; i < exact.size(); ++i)
            EXPECT_NEAR(rounded[i], exact[i], std::ldexp(std::abs(exact[i]), -11) + std::ldexp(1.0, -25))
                << i;
    };
    expect_halves();
    write_waveforms({noise(4000, 1, 2), noise(4000, 1, 3)}, {"dog", "cry"});
    expect_halves();
}

// datagen compared every event's label with every class: 200,000 of each took minutes.
TEST_F(Builder, TimeIsLinearInTheNumberOfLabels) {
    constexpr std::size_t kLabels = 65536, kEvents = 200'000;
    settings_.labels.clear();
    for (std::size_t i = 0; i < kLabels; ++i)
        settings_.labels.push_back("a label with the number " + std::to_string(1'000'000 + i));
    entry_.timeline = label::Timeline{};
    for (std::size_t i = 0; i < kEvents; ++i) {
        const double onset_s = 4.0 * static_cast<double>(i) / kEvents;
        const auto& label = settings_.labels[kLabels - 1 - i % kLabels];
        entry_.timeline->events.push_back({onset_s, onset_s + 4.0 / kEvents, label, {}});
    }
    const std::clock_t begin = std::clock();
    build();
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 10);  // 0.5 s; 33 s when quadratic
    EXPECT_EQ(npz::NpzReader(path_).header("events").shape.at(0), kEvents);
}

}  // namespace
}  // namespace earshot::dataset
