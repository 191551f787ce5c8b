// A network whose scores can be worked out by hand, on datasets whose windows can be cut by hand.

#include "evaluate/judge.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "dataset/dataset_builder.h"
#include "dataset/recording.h"
#include "model/model.h"
#include "unit/audio/audio_files.h"
#include "unit/dataset/scratch.h"

namespace earshot::evaluate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Json = nlohmann::ordered_json;

const Json kFrontend{{"kind", "spectrum"}, {"rate_hz", 8000},   {"duration_s", 0.5},
                     {"low_hz", 0.0},      {"high_hz", 4000.0}, {"bins", 4}};

/// Scores a window with means of its values: of all of them, of the second half, and 1 less the first.
std::vector<float> scores_of(std::span<const float> window, std::size_t classes) {
    const auto mean = [](std::span<const float> values) {
        float sum = 0;
        for (const float value : values) sum += value;
        return sum / static_cast<float>(values.size());
    };
    std::vector<float> scores{mean(window), mean(window.subspan(window.size() / 2)), 1 - mean(window)};
    scores.resize(classes);
    return scores;
}

class Means : public model::Scorer {
 public:
    Means(std::size_t values, std::size_t classes) : values_(values), classes_(classes) {}
    std::size_t window_values() const override { return values_; }
    std::size_t classes() const override { return classes_; }
    void score(std::span<const float> windows, std::size_t count, std::span<float> scores) const override {
        for (std::size_t i = 0; i < count; ++i)
            std::ranges::copy(scores_of(windows.subspan(i * values_, values_), classes_),
                              scores.begin() + static_cast<std::ptrdiff_t>(i * classes_));
    }

 private:
    std::size_t values_, classes_;
};

class JudgeTest : public testing::Test {
 protected:
    JudgeTest() {
        model_.labels = {"cry", "dog", "quiet"};
        model_.thresholds = {0.5, 0.5, 0.5};
        model_.background = "quiet";
    }

    Judge judge(std::vector<std::string> leave_out = {}, std::vector<std::string> tags = {}) const {
        auto scorer = std::make_unique<Means>(window_values_, model_.labels.size());
        return Judge(std::make_shared<model::Model>("model", model_, std::move(scorer)), std::move(leave_out),
                     std::move(tags));
    }

    /// A dataset of frames of two random numbers, half a second apart.
    dataset::Recording recording(std::vector<std::string> labels, std::vector<std::int64_t> classes,
                                 unsigned seed = 1) const {
        std::mt19937 random(seed);
        std::uniform_real_distribution<float> value(0, 1);
        dataset::Recording recording;
        recording.labels = std::move(labels);
        recording.dimension = 2;
        recording.classes = std::move(classes);
        for (std::size_t i = 0; i < recording.classes.size(); ++i) {
            recording.times.push_back(0.5 * static_cast<double>(i));
            for (int k = 0; k < 2; ++k) recording.frames.push_back(value(random));
        }
        return recording;
    }

    JudgedItem item(const dataset::Recording& recording, const std::string& name = "a.npz") const {
        dataset::write_recording(recording, scratch_ / name);
        return {scratch_ / name, {}, {}};
    }

    static JudgedRecording only(Judge& judge, const JudgedItem& item) {
        return judge.judge({&item, 1}, {}).at(0);
    }

    Scratch scratch_;
    model::ModelFile model_;
    std::size_t window_values_ = 2;
};

TEST_F(JudgeTest, AWindowIsAFrameAndLabelsAreThoseOfTheModelByName) {
    const auto data = recording({"quiet", "cry", "dog"}, {1, 0, -1, 2, 1});
    auto judge = this->judge();
    const auto judged = only(judge, item(data));
    EXPECT_EQ(judged.problem, "");
    EXPECT_THAT(judged.truths, ElementsAre(0U, 2U, 1U, 0U));
    EXPECT_THAT(judged.onsets_s, ElementsAre(0, 0.5, 1.5, 2));
    EXPECT_EQ(judged.left_out, 1U);
    std::vector<float> scores;
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        for (const float score : scores_of(data.frame(i), 3)) scores.push_back(score);
    EXPECT_EQ(judged.scores, scores);
}

TEST_F(JudgeTest, LabelsLeftOutDoNotCountAndThoseThatNobodyHasAreNamed) {
    auto judge = this->judge({"dog", "parrot", "siren"});
    const auto judged = only(judge, item(recording({"quiet", "dog", "siren"}, {0, 1, 2, 0})));
    EXPECT_THAT(judged.truths, ElementsAre(2U, 2U));
    EXPECT_EQ(judged.left_out, 2U);
    EXPECT_THAT(judge.unseen(), ElementsAre("parrot"));
}

TEST_F(JudgeTest, UnlabelledWindowsAreOfTheBackgroundWhereOneIsGiven) {
    auto judge = this->judge();
    auto data = item(recording({"cry"}, {0, -1, -1}));
    data.background = "quiet";
    EXPECT_THAT(only(judge, data).truths, ElementsAre(0U, 2U, 2U));
}

TEST_F(JudgeTest, AModelThatMaySayUnknownTakesOtherLabelsForIt) {
    model_.labels.emplace_back("unknown");
    model_.thresholds.push_back(0.5);
    model_.unknown = "unknown";
    const auto data = item(recording({"cry", "parrot", "quiet", "dog"}, {0, 1, 2, 3}));
    auto all = judge();
    EXPECT_THAT(only(all, data).truths, ElementsAre(0U, 3U, 2U, 1U));
    auto tagged = judge({}, {"cry"});
    EXPECT_THAT(only(tagged, data).truths, ElementsAre(0U, 3U, 2U, 3U));
}

TEST_F(JudgeTest, DataThatDoNotFitTheModelAreRefused) {
    const auto refusal = [&](const dataset::Recording& data) {
        auto judge = this->judge();
        try {
            only(judge, item(data));
        } catch (const MismatchError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_THAT(refusal(recording({"parrot"}, {0})), HasSubstr("label 'parrot'"));
    EXPECT_EQ(refusal(recording({"cry", "parrot"}, {0})), "");  // no window has it
    auto wide = recording({"cry"}, {0});
    wide.dimension = 1;
    wide.classes = {0, 0};
    wide.times = {0, 0.5};
    EXPECT_THAT(refusal(wide), HasSubstr("frames have 1 values, but model expects 2"));
    model_.frontend = kFrontend;
    model_.frontend["bins"] = 2;
    auto other = recording({"cry"}, {0});
    other.frontend = kFrontend;
    other.frontend["bins"] = 8;
    EXPECT_THAT(refusal(other), HasSubstr("bins"));
    other.frontend["bins"] = 2;
    EXPECT_EQ(refusal(other), "");
}

TEST_F(JudgeTest, ARecordingThatCannotBeReadLeavesTheOthersAlone) {
    auto broken = recording({"cry"}, {0, 0, 0});
    broken.frames[3] = std::numeric_limits<float>::quiet_NaN();
    const auto good = recording({"cry"}, {0, 0}, 2);
    const std::vector<JudgedItem> items{
        item(broken), {scratch_ / "none.npz", {}, {}}, item(good, "good.npz")};
    const auto judged = judge().judge(items, {});
    EXPECT_THAT(judged[0].problem, HasSubstr("row 1 of its samples"));
    EXPECT_THAT(judged[0].scores, IsEmpty());
    EXPECT_THAT(judged[0].truths, IsEmpty());
    EXPECT_THAT(judged[1].problem, HasSubstr("none.npz"));
    EXPECT_EQ(judged[2].problem, "");
    EXPECT_EQ(judged[2].truths.size(), 2U);
    std::vector<float> scores = scores_of(good.frame(0), 3);
    for (const float score : scores_of(good.frame(1), 3)) scores.push_back(score);
    EXPECT_EQ(judged[2].scores, scores);
}

/// The label that most frames of a slot have, the one of the lowest number among equals; none without a
/// label.
std::optional<std::size_t> majority(std::span<const std::int64_t> classes) {
    std::map<std::int64_t, int> count;
    for (const auto c : classes)
        if (c >= 0) ++count[c];
    std::optional<std::size_t> best;
    for (const auto& [c, frames] : count)
        if (!best || frames > count[static_cast<std::int64_t>(*best)]) best = static_cast<std::size_t>(c);
    return best;
}

TEST_F(JudgeTest, WindowsOfManyFramesAreLabelledByTheirMiddle) {
    constexpr std::size_t kFrames = 4, kHop = 2;
    model_.window = {{"frames", kFrames}, {"hop", kHop}, {"padding", "minimum"}};
    window_values_ = 2 * kFrames;
    auto judge = this->judge();
    for (unsigned rows = 1; rows <= 25; ++rows) {
        std::mt19937 random(rows);
        std::vector<std::int64_t> classes;
        for (unsigned i = 0; i < rows; ++i) classes.push_back(static_cast<std::int64_t>(random() % 4) - 1);
        const auto data = recording(model_.labels, classes, rows);
        // By hand: a window every other frame, the last moved back to end where the recording does; a
        // recording shorter than a window is filled up with its lowest number, and labelled by its last frame
        // if it ends before the middle.
        std::vector<std::size_t> starts{0};
        while (starts.back() + kFrames < rows)
            starts.push_back(std::min<std::size_t>(starts.back() + kHop, rows - kFrames));
        std::vector<std::size_t> truths;
        std::vector<double> onsets_s;
        std::vector<float> scores;
        for (const auto start : starts) {
            const std::size_t first = std::min<std::size_t>(start + (kFrames - kHop) / 2, rows - 1);
            const std::size_t end = std::min<std::size_t>(first + kHop, rows);
            const auto truth = majority(std::span(classes).subspan(first, end - first));
            if (!truth) continue;
            truths.push_back(*truth);
            onsets_s.push_back(data.times[start]);
            std::vector<float> window;
            for (std::size_t i = start; i < std::min<std::size_t>(start + kFrames, rows); ++i)
                window.insert(window.end(), data.frame(i).begin(), data.frame(i).end());
            const float lowest = *std::ranges::min_element(window);
            window.resize(2 * kFrames, lowest);
            for (const float score : scores_of(window, 3)) scores.push_back(score);
        }
        const auto judged = only(judge, item(data));
        EXPECT_EQ(judged.problem, "");
        EXPECT_EQ(judged.truths, truths) << rows;
        EXPECT_EQ(judged.onsets_s, onsets_s) << rows;
        EXPECT_EQ(judged.scores, scores) << rows;
        EXPECT_EQ(judged.left_out, starts.size() - truths.size()) << rows;
    }
}

TEST_F(JudgeTest, NoWindowReachesOverAGapInTime) {
    model_.window = {{"frames", 4}, {"hop", 2}, {"padding", "minimum"}};
    window_values_ = 8;
    auto data = recording(model_.labels, std::vector<std::int64_t>(8, 0));
    for (std::size_t i = 4; i < 8; ++i) data.times[i] += 10;
    auto judge = this->judge();
    EXPECT_THAT(only(judge, item(data)).onsets_s, ElementsAre(0, 12));
}

TEST_F(JudgeTest, ARecordingAsAWholeHasTheHighestScoreOfTagsAndTheLowestOfBackground) {
    model_.target = model::Target::recording;
    auto judge = this->judge();
    const auto data = recording({"quiet", "dog", "cry"}, {0, 0, 0, 1, 1, 2, -1});
    const auto judged = only(judge, item(data));
    EXPECT_THAT(judged.truths, ElementsAre(1U));  // a dog longer than a cry; the background yields to both
    EXPECT_EQ(judged.left_out, 0U);
    std::vector<float> expected = scores_of(data.frame(0), 3);
    for (std::size_t i = 1; i < data.size(); ++i) {
        const auto scores = scores_of(data.frame(i), 3);
        for (std::size_t c = 0; c < 3; ++c)
            expected[c] = c == 2 ? std::min(expected[c], scores[c]) : std::max(expected[c], scores[c]);
    }
    EXPECT_EQ(judged.scores, expected);
    EXPECT_THAT(only(judge, item(recording({"quiet"}, {0, 0}))).truths, ElementsAre(2U));
    EXPECT_EQ(only(judge, item(recording({"quiet"}, {-1, -1}))).left_out, 1U);
}

/// Judging sound is judging the dataset that datagen would make of it.
TEST_F(JudgeTest, SoundIsJudgedLikeTheDatasetMadeOfIt) {
    model_.frontend = kFrontend;
    window_values_ = 4;
    write_sndfile(scratch_ / "a.wav", noise(8000 * 10 + 1234, 1), {8000, 1}, kWav16);
    dataset::CatalogueEntry entry;
    entry.audio = entry.group = scratch_ / "a.wav";
    entry.timeline = label::Timeline{{{0.7, 2.2, "cry", {}}, {1.5, 5, "dog", {}}, {6, 6.3, "cry", {}}}};
    dataset::BuildSettings settings;
    settings.frontend = kFrontend;
    settings.source.rate_hz = 8000;
    settings.labels = {"cry", "dog"};
    settings.keep_unlabelled = true;
    const dataset::DatasetBuilder builder(settings);
    {
        AtomicFile out(scratch_ / "a.npz");
        builder.build(entry, *builder.frontend(), {}, out, [](double) {});
        out.close();
    }
    for (const auto target : {model::Target::frame, model::Target::recording}) {
        model_.target = target;
        auto judge = this->judge();
        const auto of_sound = only(judge, {entry.audio, entry, {}});
        const auto of_dataset = only(judge, {scratch_ / "a.npz", {}, {}});
        EXPECT_EQ(of_sound.problem, "");
        EXPECT_FALSE(of_sound.truths.empty());
        EXPECT_EQ(of_sound.truths, of_dataset.truths);
        const auto sounding = [](const JudgedRecording& judged) {
            std::vector<std::pair<std::size_t, std::size_t>> all;
            for (const auto& [window, label] : judged.beside) all.emplace_back(window, label);
            return all;
        };
        EXPECT_FALSE(of_sound.beside.empty());
        EXPECT_EQ(sounding(of_sound), sounding(of_dataset));
        EXPECT_EQ(of_sound.onsets_s, of_dataset.onsets_s);
        EXPECT_EQ(of_sound.scores, of_dataset.scores);
        EXPECT_EQ(of_sound.left_out, of_dataset.left_out);
    }
}

TEST_F(JudgeTest, SoundWithoutLabelsIsRefusedUnlessItIsBackground) {
    model_.frontend = kFrontend;
    window_values_ = 4;
    write_sndfile(scratch_ / "a.wav", noise(8000, 1), {8000, 1}, kWav16);
    dataset::CatalogueEntry entry;
    entry.audio = scratch_ / "a.wav";
    entry.problem = "no labels found";
    auto judge = this->judge();
    EXPECT_THAT(only(judge, {entry.audio, entry, {}}).problem, HasSubstr("a.wav: no labels found"));
    EXPECT_THAT(only(judge, {entry.audio, entry, "quiet"}).truths, ElementsAre(2U, 2U));
    entry.labels_unusable = true;
    EXPECT_THAT(only(judge, {entry.audio, entry, "quiet"}).problem, HasSubstr("no labels found"));
}

}  // namespace
}  // namespace earshot::evaluate
