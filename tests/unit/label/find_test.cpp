// Telling formats apart, and recordings in them.

#include <gmock/gmock.h>

#include <filesystem>

#include "label/label_file.h"
#include "unit/label/expect_error.h"

namespace earshot::label {
namespace {

using testing::HasSubstr;

TEST(GuessLabelFormat, goes_by_content) {
    const auto of = [](std::string_view text, const char* name = "x") {
        return guess_label_format(text, name);
    };
    EXPECT_EQ(of(R"({"00:00": "a"})"), LabelFormat::labels_json);
    EXPECT_EQ(of("\xEF\xBB\xBF {\n \"00:00\": \"a\", "), LabelFormat::labels_json)
        << "only the beginning is there";
    EXPECT_EQ(of(R"({"call": [0.5, 1]})"), LabelFormat::word_bounds);
    EXPECT_EQ(of(R"({"waveforms": [[0.1, 0.)"), LabelFormat::waveform_json);
    EXPECT_EQ(of(R"({"fs": 44100, "wa)"), LabelFormat::waveform_json);
    EXPECT_EQ(of(R"([{"Waveform": [0.)"), LabelFormat::waveform_json);
    EXPECT_EQ(of("0.5\t1.5\tdog\n"), LabelFormat::audacity);
    EXPECT_EQ(of("\\\t1\t2\n0,5\t1,5\tdog\n"), LabelFormat::audacity)
        << "its parser says what is wrong with it";
    EXPECT_EQ(of("filename\tonset\toffset\tevent_label\n"), LabelFormat::dcase);
    EXPECT_EQ(of("onset\toffset\tevent_label\n"), LabelFormat::dcase);
    EXPECT_EQ(of("filename,onset,offset,label\n"), LabelFormat::dcase);
    EXPECT_EQ(of("filename\tevent_labels\n"), LabelFormat::dcase);
    EXPECT_EQ(of("a.wav\t0.5\t1.5\tdog\n"), LabelFormat::dcase);
    EXPECT_EQ(of("Selection\tView\tBegin Time (s)\tEnd Time (s)\tSpecies\n"), LabelFormat::raven);
    EXPECT_EQ(of("file,label\n"), LabelFormat::csv);
    EXPECT_EQ(of("id,label\n"), LabelFormat::csv);
    EXPECT_EQ(of("a.wav,dog\n"), LabelFormat::csv);
    EXPECT_EQ(of("0030904b777c,0\n"), LabelFormat::csv);
    EXPECT_EQ(of("file,label,source,onset,offset\n"), LabelFormat::csv) << "as label cut writes it";
}

TEST(GuessLabelFormat, goes_by_name_where_content_does_not_tell) {
    EXPECT_EQ(guess_label_format("0.5\t1.5\tdog\n", "events.tsv"), LabelFormat::dcase);
    EXPECT_EQ(guess_label_format("0.5\t1.5\tdog\n", "labels.txt"), LabelFormat::audacity);
    EXPECT_EQ(guess_label_format("", "labels.txt"), LabelFormat::audacity);
    EXPECT_EQ(guess_label_format("{}", "word_bounds.json"), LabelFormat::word_bounds);
    EXPECT_EQ(guess_label_format("{}", "labels.json"), LabelFormat::labels_json);
    EXPECT_EQ(guess_label_format(R"({"file": "a.wav", "onset": 1})", "x"), LabelFormat::jsonl);
    EXPECT_EQ(guess_label_format(R"({"onset": 1.5, "file": "a.wav"})", "labels.json"), LabelFormat::jsonl);
    EXPECT_EQ(guess_label_format(R"({"file": [0.5, 1]})", "x"), LabelFormat::word_bounds);
    EXPECT_EQ(guess_label_format("", "x.jsonl"), LabelFormat::jsonl);
    EXPECT_EQ(guess_label_format(R"({"00:00": "a"})", "word_bounds.json"), LabelFormat::labels_json);
}

TEST(GuessLabelFormat, names_the_formats_when_it_cannot) {
    EXPECT_THAT(
        error_of([] { guess_label_format("Dear reader\n", "x"); }),
        HasSubstr("x: not a label file in a known format (labels-json, audacity, dcase, raven, csv, "));
    EXPECT_THAT(error_of([] { guess_label_format("", "x"); }), HasSubstr("x: not a label file"));
    EXPECT_EQ(error_of([] { guess_label_format(std::string_view("fLaC\0\0", 6), "x.flac"); }),
              "x.flac: line 1: binary data, expected text");
}

TEST(LabelFormatNames, go_both_ways) {
    for (const auto name : label_format_names()) EXPECT_EQ(label_format_name(parse_label_format(name)), name);
    EXPECT_EQ(parse_label_format("labels.json"), LabelFormat::labels_json);
    EXPECT_EQ(parse_label_format("word_bounds"), LabelFormat::word_bounds);
    EXPECT_THAT(error_of([] { parse_label_format("textgrid"); }),
                HasSubstr("no label format 'textgrid' (formats: "));
}

Labels with_keys(std::initializer_list<const char*> keys) {
    Labels labels{LabelFormat::csv, {}, {}};
    for (const char* key : keys) labels.recordings[key].events.push_back({0, 1, key, {}});
    return labels;
}

std::string found(const Labels& labels, const std::string& path) {
    const auto* timeline = labels.find(path);
    return timeline ? timeline->events.at(0).label : "nothing";
}

TEST(LabelsFind, by_path_else_name_else_stem) {
    const auto labels = with_keys({"one/a.wav", "two/a.wav", "b.wav", "c", "/data/d.wav", "e.0.1"});
    EXPECT_EQ(found(labels, "one/a.wav"), "one/a.wav");
    EXPECT_EQ(found(labels, "/data/two/a.wav"), "two/a.wav");
    EXPECT_EQ(found(labels, "three/a.wav"), "nothing");
    EXPECT_EQ(found(labels, "./one/../two/a.wav"), "two/a.wav");
    EXPECT_EQ(found(labels, "anywhere/b.wav"), "b.wav");
    EXPECT_EQ(found(labels, "anywhere/b.flac"), "nothing");
    EXPECT_EQ(found(labels, "anywhere/c.opus"), "c");
    EXPECT_EQ(found(labels, "/data/d.wav"), "/data/d.wav");
    EXPECT_EQ(found(labels, "e.0.1.wav"), "e.0.1");
    EXPECT_EQ(found(labels, "xc.opus"), "nothing") << "whole components only";
}

TEST(LabelsFind, the_longest_match_wins) {
    EXPECT_EQ(found(with_keys({"a.wav", "one/a.wav"}), "/x/one/a.wav"), "one/a.wav");
}

TEST(LabelsFind, labels_of_one_recording_are_for_any) {
    Labels labels{LabelFormat::audacity, {}, {}};
    labels.recordings[""].events.push_back({0, 1, "a", {}});
    EXPECT_EQ(found(labels, "whatever.wav"), "a");
}

TEST(LabelsFind, paths_relative_to_where_we_are_know_the_directories_above) {
    const auto here = std::filesystem::current_path().filename().string();
    EXPECT_EQ(found(with_keys({(here + "/a.wav").c_str()}), "a.wav"), here + "/a.wav");
}

}  // namespace
}  // namespace earshot::label
