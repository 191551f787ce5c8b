#include "dataset/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "dataset/recording_writer.h"
#include "npz/npz.h"
#include "support/error.h"
#include "unit/dataset/scratch.h"

namespace earshot::dataset {
namespace {

using testing::ElementsAre;

Recording example(std::size_t rows = 5, std::size_t dimension = 3) {
    Recording recording;
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    recording.dimension = dimension;
    for (std::size_t i = 0; i < rows * dimension; ++i) recording.frames.push_back(normal(random));
    for (std::size_t i = 0; i < rows; ++i) {
        recording.classes.push_back(static_cast<std::int64_t>(i % 3) - 1);
        recording.times.push_back(2.0 * static_cast<double>(i));
    }
    recording.labels = {"bébé 👶", "quiet"};
    recording.events = {{0, 4, "quiet", {}}, {4, 9.5, "bébé 👶", {}}};
    recording.low_hz = 20;
    recording.high_hz = 20000;
    recording.frontend = {{"kind", "spectrum"}, {"bins", 3}};
    recording.file = "night/audio.mp3";
    recording.group = "night";
    recording.content_hash = "0123456789abcdef";
    return recording;
}

void expect_equal(const Recording& a, const Recording& b) {
    EXPECT_EQ(a.dimension, b.dimension);
    EXPECT_EQ(a.frames, b.frames);
    EXPECT_EQ(a.classes, b.classes);
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_EQ(a.times, b.times);
    EXPECT_EQ(a.events, b.events);
    EXPECT_EQ(a.low_hz, b.low_hz);
    EXPECT_EQ(a.high_hz, b.high_hz);
    EXPECT_EQ(a.frontend, b.frontend);
    EXPECT_EQ(a.file, b.file);
    EXPECT_EQ(a.group, b.group);
    EXPECT_EQ(a.content_hash, b.content_hash);
    EXPECT_EQ(a.damage, b.damage);
}

TEST(Recording, comes_back_as_it_was_written) {
    const Scratch scratch;
    for (const bool compress : {false, true}) {
        auto recording = example();
        recording.damage = {"at 3.000 s: invalid data"};
        write_recording(recording, scratch / "a.npz", compress);
        expect_equal(read_recording(scratch / "a.npz"), recording);
        EXPECT_EQ(read_content_hash(scratch / "a.npz"), recording.content_hash);
    }
}

TEST(Recording, without_rows_or_events_comes_back_too) {
    const Scratch scratch;
    auto recording = example(0);
    recording.events.clear();
    recording.labels.clear();
    write_recording(recording, scratch / "a.npz");
    expect_equal(read_recording(scratch / "a.npz"), recording);
}

TEST(Recording, equal_recordings_make_equal_bytes_written_at_once_or_row_by_row) {
    const auto recording = example(100, 7);
    for (const bool compress : {false, true}) {
        StringOutput whole, rows;
        write_recording(recording, whole, compress);
        RecordingWriter writer(recording.dimension);
        for (std::size_t i = 0; i < recording.size(); ++i) {
            writer.add(recording.frame(i), recording.times[i], recording.classes[i]);
        }
        writer.write(recording, rows, compress);
        EXPECT_EQ(whole.text(), rows.text());
    }
}

TEST(Recording, summary_says_all_but_the_frames) {
    const Scratch scratch;
    const auto recording = example();
    write_recording(recording, scratch / "a.npz");
    const auto summary = read_recording_summary(scratch / "a.npz");
    EXPECT_EQ(summary.classes, recording.classes);
    EXPECT_EQ(summary.labels, recording.labels);
    EXPECT_EQ(summary.content_hash, recording.content_hash);
}

TEST(Recording, an_event_of_no_class_is_an_error_and_leaves_no_file) {
    const Scratch scratch;
    auto recording = example();
    recording.events.push_back({1, 2, "dog", {}});
    EXPECT_THAT([&] { write_recording(recording, scratch / "a.npz"); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("'dog' is not one of the classes")));
    EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

/// An NPZ with the keys of the original program alone, changed by the test.
class Original : public testing::Test {
 protected:
    void write() const {
        const auto out = open_output(path());
        npz::NpzWriter npz(*out, true);
        npz.add<double>("samples", samples_shape, samples);
        npz.add<std::int64_t>("classes", {classes.size()}, classes);
        npz.add<double>("cutoff_frequencies", {cutoff.size()}, cutoff);
        for (const auto& [name, text] : texts) npz.add_text(name, text);
        npz.finish();
        out->close();
    }

    void expect_error(const std::string& message) const {
        write();
        EXPECT_THAT([&] { read_recording(path()); },
                    testing::ThrowsMessage<Error>(
                        testing::AllOf(testing::StartsWith(path()), testing::HasSubstr(message))));
    }

    std::string path() const { return scratch / "micmon.npz"; }

    Scratch scratch;
    std::vector<std::size_t> samples_shape{2, 3};
    std::vector<double> samples{1, 2, 3, 4, 5, 6}, cutoff{250, 2500};
    std::vector<std::int64_t> classes{1, 0};
    std::vector<std::pair<std::string, std::string>> texts;
};

TEST_F(Original, three_keys_are_enough) {
    write();
    const auto recording = read_recording(path());
    EXPECT_EQ(recording.dimension, 3u);
    EXPECT_THAT(recording.frames, ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(recording.classes, ElementsAre(1, 0));
    EXPECT_THAT(recording.labels, ElementsAre("0", "1"));
    EXPECT_EQ(recording.low_hz, 250);
    EXPECT_EQ(recording.high_hz, 2500);
    EXPECT_TRUE(recording.frontend.is_null());
    EXPECT_TRUE(recording.times.empty());
    EXPECT_EQ(recording.file, path());
    EXPECT_EQ(recording.group, path());
    EXPECT_FALSE(read_content_hash(path()));
}

TEST_F(Original, more_classes_than_rows_are_refused) {
    classes = {1, 0, 1};
    expect_error("'classes': has 3 rows, but 'samples' has 2");
}

TEST_F(Original, samples_of_one_dimension_are_refused) {
    samples_shape = {6};
    expect_error("'samples': expected rows of numbers");
}

TEST_F(Original, samples_without_width_are_refused) {
    samples_shape = {2, 0};
    samples = {};
    expect_error("'samples': expected rows of numbers");
}

TEST_F(Original, class_numbers_that_would_fill_memory_with_names_are_refused) {
    classes = {std::int64_t{1} << 40, 0};
    expect_error("row 0 is class 1099511627776");
    classes = {0, -2};
    expect_error("row 1 is class -2");
}

TEST_F(Original, a_third_cutoff_frequency_is_refused) {
    cutoff = {1, 2, 3};
    expect_error("two frequencies");
}

TEST_F(Original, json_that_is_none_is_refused) {
    texts = {{"frontend", "{\"kind\": "}};
    expect_error("'frontend': not valid JSON: line 1, column 10");
    texts = {{"source", "[1, 2]"}};
    expect_error("'source': is not a JSON object");
}

TEST_F(Original, json_of_unexpected_types_is_ignored) {
    texts = {{"source", R"({"file": 3, "group": null, "damage": 7})"}};
    write();
    EXPECT_EQ(read_recording(path()).file, path());
}

TEST(DatasetFiles, are_sorted_and_only_npz) {
    const Scratch scratch;
    for (const auto* name : {"b.npz", "a.npz", "c.txt", ".a.npz.x1", ".hidden.npz"})
        write_text(scratch / name, "");
    EXPECT_THAT(dataset_files(scratch.path()), ElementsAre(scratch / "a.npz", scratch / "b.npz"));
}

TEST(DatasetFiles, of_an_empty_or_missing_directory_are_an_error) {
    const Scratch scratch;
    EXPECT_THAT([&] { dataset_files(scratch.path()); },
                testing::ThrowsMessage<Error>(
                    testing::HasSubstr("no .npz files in it (earshot datagen makes them)")));
    EXPECT_THAT([&] { dataset_files(scratch / "none"); },
                testing::ThrowsMessage<Error>(testing::HasSubstr("No such file or directory")));
}

}  // namespace
}  // namespace earshot::dataset
