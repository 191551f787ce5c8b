#include "train/training_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "dataset/recording.h"
#include "train/window_loader.h"
#include "train/window_plan.h"
#include "unit/model/fixtures.h"

namespace earshot::train {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::labels_of;
using test::TemporaryDirectory;

using Labels = std::vector<std::optional<std::size_t>>;

dataset::Recording example(const std::string& name, std::vector<std::int64_t> classes = {0, 1, 1}) {
    dataset::Recording recording;
    recording.dimension = 2;
    recording.classes = std::move(classes);
    for (std::size_t i = 0; i < recording.classes.size(); ++i) {
        recording.frames.push_back(static_cast<float>(i));
        recording.frames.push_back(0.5F);
        recording.times.push_back(2.0 * static_cast<double>(i));
    }
    recording.labels = {"dog", "rain"};
    recording.low_hz = 20;
    recording.high_hz = 20000;
    recording.frontend = {{"kind", "spectrum"}, {"rate_hz", 44100},   {"duration_s", 2.0},
                          {"low_hz", 20.0},     {"high_hz", 20000.0}, {"bins", 2}};
    recording.file = name + ".mp3";
    recording.group = name;
    recording.content_hash = "hash of " + name;
    return recording;
}

class TrainingSetTest : public testing::Test {
 protected:
    std::string write(const std::string& name, const dataset::Recording& recording) const {
        fs::create_directories(fs::path(directory_ / name).parent_path());
        dataset::write_recording(recording, directory_ / name);
        return directory_ / name;
    }
    std::string error(const TrainingPaths& paths) const {
        return error_of([&] { load_training_set(paths); });
    }

    TemporaryDirectory directory_;
};

#define EXPECT_SAYS(text, piece) EXPECT_NE((text).find(piece), std::string::npos) << (text)

TEST_F(TrainingSetTest, nothing_sounds_in_datasets_of_background) {
    ExampleOptions options;
    options.target = model::Target::events;
    options.padding = windows::Padding::edge;
    options.window_s = 2;
    options.step_frames = 1;
    TrainingPaths paths{
        {write("a.npz", example("a"))}, {}, {}, {}, {write("quiet.npz", example("quiet", {-1, -1}))}};
    const auto set = load_training_set(paths, options);
    EXPECT_EQ(set.labels, (std::vector<std::string>{"background", "dog", "rain"}));
    EXPECT_EQ(labels_of(set), (Labels{1, 2, 2, 0, 0}));
    paths.train.push_back(paths.background.front());
    paths.background.clear();
    EXPECT_EQ(labels_of(load_training_set(paths, options)), (Labels{1, 2, 2, {}, {}}));
}

// Frames of 2 s: a dog, then rain over all of it, and at last a second of a dog in the rain.
TEST_F(TrainingSetTest, labels_that_overlap_sound_at_once) {
    auto recording = example("a", {0, 1, 1, 1});
    recording.events = {{0, 3.5, "dog", {}}, {2, 8, "rain", {}}, {6, 7, "dog", {}}};
    ExampleOptions options;
    const auto load = [&] { return load_training_set({{write("a.npz", recording)}, {}, {}, {}}, options); };
    const auto states = [](const TrainingSet& set, std::int64_t example) {
        std::vector<dataset::Activity::State> all(set.learnt());
        set.read_example(example, all);
        return all;
    };
    using enum dataset::Activity::State;
    using States = std::vector<dataset::Activity::State>;
    auto set = load();
    EXPECT_EQ(labels_of(set), (Labels{0, 1, 1, 1}));  // what covers most
    EXPECT_EQ(states(set, 0), (States{sounds, silent}));
    EXPECT_EQ(states(set, 1), (States{sounds, sounds}));
    EXPECT_EQ(states(set, 3), (States{silent, sounds}));  // no more than half of it
    EXPECT_EQ(set.class_counts(Rows{0, 1, 2, 3}), (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(set.sounding_counts(Rows{0, 1, 2, 3}), (std::vector<std::int64_t>{2, 3}));
    const auto quiet = write("quiet.npz", example("quiet", {0, 0}));
    options.target = model::Target::recording;
    set = load_training_set({{directory_ / "a.npz", quiet}, {}, {}, {}}, options);
    EXPECT_EQ(labels_of(set), (Labels{1, 0}));  // the rain lasts longer
    EXPECT_EQ(states(set, 0), (States{sounds, sounds}));
    EXPECT_EQ(states(set, 1), (States{sounds, silent}));
}

TEST_F(TrainingSetTest, background_is_where_nothing_sounds_and_other_sounds_are_unknown) {
    auto recording = example("a", {0, 1, 2, -1});
    recording.labels = {"OK", "dog", "rain"};
    ExampleOptions options;
    options.unknown = "unknown";
    const auto path = write("a.npz", recording);
    auto set = load_training_set({{path}, {}, {}, {}, {}, {}, {}, {"dog"}}, options);
    EXPECT_EQ(set.labels, (std::vector<std::string>{"OK", "dog"}));
    EXPECT_EQ(labels_of(set), (Labels{0, 1, set.none_of_them(), {}}));
    EXPECT_TRUE(set.is_background(0));
    EXPECT_EQ(set.unknown_rows(Role::train), Rows{2});
    set = load_training_set({{path}, {}, {}, {"rain"}, {}, {}, {}, {"dog"}}, options);
    EXPECT_EQ(labels_of(set), (Labels{0, 1, {}, {}}));
    EXPECT_TRUE(set.unknown_rows(Role::train).empty());
}

TEST_F(TrainingSetTest, files_follow_each_other_in_one_matrix) {
    write("d/a.npz", example("a"));
    write("d/b.npz", example("b", {1, -1}));
    const TrainingSet set = load_training_set({{directory_ / "d"}, {}, {}, {}});
    EXPECT_EQ(set.dimension, 2);
    EXPECT_EQ(labels_of(set), (Labels{0, 1, 1, 1, {}}));
    std::vector<float> frames(4);
    set.frames->read(set.items.at(0).matrix, 2, frames);
    EXPECT_EQ(frames, (std::vector<float>{1, 0.5, 2, 0.5}));
    set.frames->read(set.items.at(1).matrix, 0, frames);
    EXPECT_EQ(frames, (std::vector<float>{0, 0.5, 1, 0.5}));
    ASSERT_EQ(set.items.size(), 2U);
    EXPECT_EQ(set.items[1].first, 3);
    EXPECT_EQ(set.items[1].group, "b");
    EXPECT_EQ(set.labelled_rows(Role::train), (Rows{0, 1, 2, 3}));
}

// Three waveforms in one file, of 3, 2 and 4 frames: no window has frames of two of them.
TEST_F(TrainingSetTest, windows_do_not_reach_across_breaks) {
    dataset::Recording recording = example("a", {0, 0, 0, 1, 1, 0, 0, 0, 0});
    recording.times = {0, 2, 4, 10, 12, 20, 22, 24, 26};
    write("d/a.npz", recording);
    ExampleOptions options;
    options.window_s = 6;
    const TrainingSet set = load_training_set({{directory_ / "d"}, {}, {}, {}}, options);
    EXPECT_EQ(set.windowing.frames, 3);
    EXPECT_EQ(labels_of(set), (Labels{0, 1, 0, 0}));
    const auto plan = all_windows(set, {0, 1, 2, 3});
    WindowLoader loader(set, plan, 4);
    const auto* batch = loader.next();
    ASSERT_NE(batch, nullptr);
    std::vector<float> firsts;
    for (std::size_t i = 0; i < batch->values.size(); i += 2) firsts.push_back(batch->values[i]);
    EXPECT_EQ(firsts,
              (std::vector<float>{0, 1, 2, 3, 4, 0.5, 5, 6, 7, 6, 7, 8}));  // the second one is padded
}

// Windows of 6 frames whose slot, the middle two, may lie behind a short waveform: its last frame decides.
TEST_F(TrainingSetTest, short_waveforms_keep_their_label_whatever_follows) {
    dataset::Recording recording = example("a", {0, 0, 1, 1, 0});
    recording.times = {0, 2, 10, 12, 20};
    ExampleOptions options;
    options.window_s = 12;
    options.window_hop_s = 4;
    const TrainingSet set = load_training_set({{write("a.npz", recording)}, {}, {}, {}}, options);
    EXPECT_EQ(labels_of(set), (Labels{0, 1, 0}));
}

TEST_F(TrainingSetTest, labels_are_matched_by_name_and_not_by_number) {
    const auto a = write("a.npz", example("a"));
    dataset::Recording other = example("b", {0, 0, 1});
    other.labels = {"rain", "cat"};
    const auto b = write("b.npz", other);
    const TrainingSet set = load_training_set({{a, b}, {}, {}, {}});
    EXPECT_EQ(set.labels, (std::vector<std::string>{"cat", "dog", "rain"}));
    EXPECT_EQ(labels_of(set), (Labels{1, 2, 2, 2, 2, 0}));
}

TEST_F(TrainingSetTest, labels_can_be_left_out) {
    const auto a = write("a.npz", example("a", {0, 1, 2}));
    dataset::Recording three = example("b", {0, 1, 2});
    three.labels = {"dog", "rain", "wind"};
    const auto b = write("b.npz", three);
    three.content_hash = "other";
    EXPECT_SAYS(error({{b}, {}, {}, {"frog"}}), "no label 'frog' to leave out (labels: dog, rain, wind)");
    const TrainingSet set = load_training_set({{b}, {}, {}, {"rain"}});
    EXPECT_EQ(set.labels, (std::vector<std::string>{"dog", "wind"}));
    EXPECT_EQ(labels_of(set), (Labels{0, {}, 1}));
}

TEST_F(TrainingSetTest, nan_is_named_by_file_and_row) {
    for (const float bad : {NAN, INFINITY}) {
        dataset::Recording recording = example("a");
        recording.frames[5] = bad;
        const auto a = write("a.npz", recording);
        const auto text = error({{a}, {}, {}, {}});
        EXPECT_SAYS(text, "a.npz");
        EXPECT_SAYS(text, std::isnan(bad) ? "NaN" : "inf");
        EXPECT_SAYS(text, "2");
    }
}

TEST_F(TrainingSetTest, front_ends_that_differ_are_named_with_both_files) {
    dataset::Recording slow = example("b");
    slow.frontend["rate_hz"] = 16000;
    slow.frontend["high_hz"] = 8000.0;
    const auto text = error({{write("a.npz", example("a")), write("b.npz", slow)}, {}, {}, {}});
    EXPECT_SAYS(text, "a.npz");
    EXPECT_SAYS(text, "b.npz");
    EXPECT_SAYS(text, "44100");
    EXPECT_SAYS(text, "16000");
    EXPECT_SAYS(text, "datagen");
}

TEST_F(TrainingSetTest, a_file_that_does_not_say_how_it_was_made_does_not_mix_with_one_that_does) {
    dataset::Recording unknown = example("b");
    unknown.frontend = nullptr;
    EXPECT_SAYS(error({{write("a.npz", example("a")), write("b.npz", unknown)}, {}, {}, {}}),
                "b.npz does not say how its frames were made");
}

// The original takes whatever number of bins its files have; and a model made of others answers nonsense.
TEST_F(TrainingSetTest, micmon_13_frames_of_different_size_are_refused) {
    dataset::Recording wide = example("b");
    wide.frontend = nullptr;
    dataset::Recording narrow = example("a");
    narrow.frontend = nullptr;
    wide.dimension = 3;
    wide.frames.resize(9);
    const auto text = error({{write("a.npz", narrow), write("b.npz", wide)}, {}, {}, {}});
    EXPECT_SAYS(text, "b.npz has 3 values a frame");
    EXPECT_SAYS(text, "a.npz has 2");
}

TEST_F(TrainingSetTest, one_class_only_has_nothing_to_be_told_from) {
    EXPECT_SAYS(error({{write("a.npz", example("a", {1, 1}))}, {}, {}, {}}),
                "all frames are labelled 'rain'");
    EXPECT_SAYS(error({{write("a.npz", example("a", {-1, -1}))}, {}, {}, {}}),
                "no frame of the training data has a label");
}

TEST_F(TrainingSetTest, a_class_without_frames_is_named_with_a_remedy) {
    dataset::Recording recording = example("a");
    recording.labels = {"dog", "rain", "wind"};
    EXPECT_SAYS(error({{write("a.npz", recording)}, {}, {}, {}}),
                "no training frame is labelled 'wind' (add a recording with it, or --leave-out wind)");
}

// With one data file the original's validation set is its training set.
TEST_F(TrainingSetTest, sounddetect_12_validation_data_are_not_training_data) {
    const auto a = write("a.npz", example("a"));
    EXPECT_SAYS(error({{a}, {a}, {}, {}}), "is validation data, but the same recording is training data");
    const auto copy = write("copy.npz", example("a"));  // by another name, with the same content
    EXPECT_SAYS(error({{a}, {copy}, {}, {}}), "the same recording is training data");
    EXPECT_SAYS(error({{a}, {}, {copy}, {}}), "copy.npz is test data");
    EXPECT_SAYS(error({{a, a}, {}, {}, {}}), "given twice as training data");
    EXPECT_EQ(error({{a}, {write("b.npz", example("b"))}, {}, {}}), "no error");
}

TEST_F(TrainingSetTest, copies_of_a_recording_are_of_one_group) {
    dataset::Recording other = example("other"), relabelled = example("relabelled");
    for (float& value : other.frames) value += 1;
    std::ranges::reverse(relabelled.classes);  // the same sound all the same
    other.group = "house";
    dataset::Recording also = example("also");
    also.group = "house";  // a copy of a in the group of the other joins all of them
    const auto set = load_training_set({{write("a.npz", example("a")), write("b.npz", other),
                                         write("c.npz", relabelled), write("d.npz", also)},
                                        {},
                                        {},
                                        {}});
    std::set<std::string> groups;
    for (const auto& item : set.items) groups.insert(item.group);
    EXPECT_EQ(groups.size(), 1u);
    dataset::Recording third = example("third");
    for (float& value : third.frames) value += 2;
    const auto two = load_training_set({{write("a.npz", example("a")), write("e.npz", third)}, {}, {}, {}});
    EXPECT_NE(two.items[0].group, two.items[1].group);
}

TEST_F(TrainingSetTest, what_is_not_there_is_named) {
    EXPECT_SAYS(error({{directory_ / "none.npz"}, {}, {}, {}}), "none.npz");
    EXPECT_SAYS(error({{directory_.path().string()}, {}, {}, {}}), directory_.path().string());
}

TEST_F(TrainingSetTest, digest_depends_on_frames_and_classes) {
    TrainingSet set = test::make_set(2, 5, 2, 3);
    const auto before = set.data_hash(set.labelled_rows(Role::train));
    EXPECT_EQ(before, set.data_hash(set.labelled_rows(Role::train)));
    auto labels = labels_of(set);
    *labels[3] ^= 1;
    test::label_frames(set, labels);
    EXPECT_NE(before, set.data_hash(set.labelled_rows(Role::train)));
}

}  // namespace
}  // namespace earshot::train
