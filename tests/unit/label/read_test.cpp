// The formats as they are read, and every way in which they can be wrong; read_json_test.cpp has two more.

#include <gmock/gmock.h>

#include "label/label_file.h"
#include "unit/label/read_labels.h"

namespace earshot::label {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// ---- labels.json

TEST(LabelsJson, each_key_starts_a_segment_until_the_next) {
    EXPECT_THAT(events(LabelFormat::labels_json,
                       R"({"00:00": "negative", "02:13": "positive", "1:02:13.250": "negative"})"),
                ElementsAre(Event{0, 133, "negative", {}}, Event{133, 3733.25, "positive", {}},
                            Event{3733.25, kOpen, "negative", {}}));
}

TEST(LabelsJson, no_labels_at_all) { EXPECT_THAT(events(LabelFormat::labels_json, "{}"), ElementsAre()); }

TEST(LabelsJson, an_empty_label_ends_a_segment_and_begins_none) {
    EXPECT_THAT(events(LabelFormat::labels_json, R"({"0:00": "a", "0:05": "", "0:09": "b"})"),
                ElementsAre(Event{0, 5, "a", {}}, Event{9, kOpen, "b", {}}));
}

TEST(LabelsJson, unsorted_keys_are_sorted_with_a_warning) {
    const auto labels = parse(LabelFormat::labels_json, R"({"00:10": "b", "00:00": "a"})");
    EXPECT_THAT(labels.recordings.at("").events,
                ElementsAre(Event{0, 10, "a", {}}, Event{10, kOpen, "b", {}}));
    EXPECT_THAT(labels.warnings, ElementsAre("x: keys are not in order of time"));
}

TEST(LabelsJson, errors_name_the_key) {
    const auto of = [](std::string_view text) { return error(LabelFormat::labels_json, text); };
    EXPECT_EQ(of(R"({"02:75": "a"})"), R"(x: key "02:75": seconds must be below 60)");
    EXPECT_EQ(of(R"({"00:00": "a", "00:00": "b"})"), R"(x: key "00:00" occurs twice)");
    EXPECT_EQ(of(R"({"00:05": "a", "0:05": "b"})"), R"(x: keys "00:05" and "0:05" are the same time)");
    EXPECT_EQ(of(R"({"00:00": 3})"), R"(x: key "00:00": a number, expected a label in quotation marks)");
    EXPECT_EQ(of(R"({"00:00": null})"), R"(x: key "00:00": null, expected a label in quotation marks)");
    EXPECT_EQ(of(R"({"00:00": ["a"]})"), R"(x: key "00:00": an array, expected a label in quotation marks)");
    EXPECT_EQ(of(R"({"00:00": {"a": "b"}})"),
              R"(x: key "00:00": an object, expected a label in quotation marks)");
    EXPECT_EQ(of(R"({"00:00": "a\tb"})"),
              R"(x: key "00:00": the label has a tab, line end or other control character)");
    EXPECT_THAT(of(R"({"-1:00": "a"})"), HasSubstr(R"(x: key "-1:00": )"));
    EXPECT_THAT(of(R"({"nan": "a"})"), HasSubstr(R"(x: key "nan": 'nan' is not a time)"));
    EXPECT_THAT(of(R"({"00:01,5": "a"})"), HasSubstr(R"(x: key "00:01,5": )"));
    EXPECT_THAT(of(R"(["a"])"), HasSubstr("x: an array, expected an object as"));
}

TEST(LabelsJson, errors_name_line_and_column_of_what_is_no_json) {
    const auto of = [](std::string_view text) { return error(LabelFormat::labels_json, text); };
    EXPECT_THAT(of("{\"00:00\": \"a\",\n \"00:05\" \"b\"}"), HasSubstr("x: line 2, column 12: "));
    EXPECT_THAT(of("{\"00:00\": \"a\"} trailing"), HasSubstr("x: line 1, column 18: "));
    EXPECT_THAT(of("{\"00:00\": \"a"), HasSubstr("x: line 1, column "));
    EXPECT_EQ(of(" \n"), "x: empty, expected a JSON object (no labels are {})");
}

// ---- Audacity

TEST(Audacity, a_line_an_event_sorted_by_onset) {
    EXPECT_THAT(events(LabelFormat::audacity, "5.5\t6.25\tb c\n0.000000\t1.000000\ta\n"),
                ElementsAre(Event{0, 1, "a", {}}, Event{5.5, 6.25, "b c", {}}));
}

TEST(Audacity, point_labels_and_overlaps_are_kept) {
    EXPECT_THAT(events(LabelFormat::audacity, "1\t1\tpoint\n0\t2\tlong"),
                ElementsAre(Event{0, 2, "long", {}}, Event{1, 1, "point", {}}));
}

TEST(Audacity, frequency_ranges_are_left_out_with_a_warning) {
    const auto labels = parse(LabelFormat::audacity, "1\t2\ta\n\\\t100.0\t2000.0\n");
    EXPECT_THAT(labels.recordings.at("").events, ElementsAre(Event{1, 2, "a", {}}));
    EXPECT_THAT(labels.warnings, ElementsAre("x: frequency ranges are ignored"));
}

TEST(Audacity, an_empty_track_has_no_events) {
    EXPECT_THAT(events(LabelFormat::audacity, ""), ElementsAre());
}

TEST(Audacity, quotation_marks_are_part_of_the_label) {
    EXPECT_THAT(events(LabelFormat::audacity, "0\t1\t\"a\"\n"), ElementsAre(Event{0, 1, "\"a\"", {}}));
}

TEST(Audacity, errors_name_the_line) {
    const auto of = [](std::string_view text) { return error(LabelFormat::audacity, text); };
    EXPECT_EQ(of("0\t1\ta\n\n1,5\t2\tb\n"),
              "x: line 3: onset: '1,5' is not a number (write a decimal point, not a comma)");
    EXPECT_EQ(of("0\tnan\ta"), "x: line 1: offset: 'nan' is not a number");
    EXPECT_EQ(of("inf\tinf\ta"), "x: line 1: onset: 'inf' is not a number");
    EXPECT_EQ(of("-0.5\t1\ta"), "x: line 1: onset -0.5 s is negative");
    EXPECT_EQ(of("2\t1\ta"), "x: line 1: offset 1 s is before onset 2 s");
    EXPECT_EQ(of("0\t1"), "x: line 1: 2 fields, expected onset, offset and label, separated by tabs");
    EXPECT_EQ(of("0\t1\ta\tb"), "x: line 1: 4 fields, expected onset, offset and label, separated by tabs");
    EXPECT_EQ(of("0\t1\t  "), "x: line 1: the label is empty");
    EXPECT_EQ(of("0\t1e400\ta"), "x: line 1: offset: '1e400' is not a number");
}

// ---- DCASE

TEST(Dcase, strong_labels_with_header) {
    const auto labels = parse(LabelFormat::dcase,
                              "filename\tonset\toffset\tevent_label\nb.wav\t1\t2\tcat\na.wav\t0.5\t1.5\tdog\n"
                              "b.wav\t0\t1\tdog\nc.wav\t\t\t\n");
    EXPECT_THAT(labels.recordings.at("a.wav").events, ElementsAre(Event{0.5, 1.5, "dog", {}}));
    EXPECT_THAT(labels.recordings.at("b.wav").events,
                ElementsAre(Event{0, 1, "dog", {}}, Event{1, 2, "cat", {}}));
    EXPECT_TRUE(labels.recordings.at("c.wav").events.empty())
        << "a recording without events is one all the same";
    EXPECT_EQ(labels.recordings.size(), 3U);
}

TEST(Dcase, strong_labels_without_header) {
    EXPECT_THAT(events(LabelFormat::dcase, "a.wav\t0.5\t1.5\tdog\n", "a.wav"),
                ElementsAre(Event{0.5, 1.5, "dog", {}}));
}

TEST(Dcase, columns_go_by_their_names) {
    EXPECT_THAT(events(LabelFormat::dcase, "label\tsnr\tEnd\tSTART\ndog\t3\t1.5\t0.5\n"),
                ElementsAre(Event{0.5, 1.5, "dog", {}}));
}

TEST(Dcase, one_recording_has_no_file_names) {
    EXPECT_THAT(events(LabelFormat::dcase, "onset\toffset\tevent_label\n0.5\t1.5\tdog\n"),
                ElementsAre(Event{0.5, 1.5, "dog", {}}));
    EXPECT_THAT(events(LabelFormat::dcase, "0.5\t1.5\tdog\n"), ElementsAre(Event{0.5, 1.5, "dog", {}}));
    EXPECT_THAT(events(LabelFormat::dcase, "onset\toffset\tevent_label\n"), ElementsAre());
}

TEST(Dcase, weak_labels_cover_the_recording) {
    for (const char* text : {"filename\tevent_labels\na.wav\tdog,cat\nb.wav\n", "a.wav\tdog,cat\nb.wav\n"}) {
        const auto labels = parse(LabelFormat::dcase, text);
        EXPECT_THAT(labels.recordings.at("a.wav").events,
                    ElementsAre(Event{0, kOpen, "cat", {}}, Event{0, kOpen, "dog", {}}));
        EXPECT_TRUE(labels.recordings.at("b.wav").events.empty());
    }
}

TEST(Dcase, commas_may_separate_the_fields) {
    EXPECT_THAT(
        events(LabelFormat::dcase,
               "filename,onset,offset,event_label\n\"a, b.wav\",0,1,\"the \"\"dog\"\"\"\n", "a, b.wav"),
        ElementsAre(Event{0, 1, "the \"dog\"", {}}));
}

TEST(Dcase, errors_name_the_line) {
    const auto of = [](std::string_view text) { return error(LabelFormat::dcase, text); };
    EXPECT_EQ(of("filename\tonset\toffset\tevent_label\na.wav\t1\t\tdog\n"),
              "x: line 2: offset: '' is not a number");
    EXPECT_EQ(of("a.wav\t1\t2\tdog\na.wav\t1\t2\n"),
              "x: line 2: 3 fields, expected 4 as in the lines before");
    EXPECT_EQ(of("a\tb\tc\td\te\n"),
              "x: line 1: 5 fields and no header, expected filename, onset, offset, event_label");
    EXPECT_EQ(of("filename\tonset\toffset\tevent_label\n\t1\t2\tdog\n"), "x: line 2: the file name is empty");
    EXPECT_EQ(of("a.wav\tdog,,cat\n"), "x: line 1: the label is empty");
    EXPECT_EQ(of("onset,offset,label\n0,1,\"dog\n"), "x: line 2: a quotation mark is not closed");
    EXPECT_EQ(of("onset,offset,label\n0,1,\"dog\"s\n"), "x: line 2: text after a closing quotation mark");
}

// ---- Raven

constexpr const char* kRaven =
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\t";

TEST(Raven, the_annotation_column_has_any_name) {
    for (const char* column : {"Annotation", "Species", "Song or call"}) {
        EXPECT_THAT(events(LabelFormat::raven, kRaven + std::string(column) +
                                                   "\n1\tSpectrogram 1\t1\t0.5\t1.5\t100\t900\twren\n"),
                    ElementsAre(Event{0.5, 1.5, "wren", {}}))
            << column;
    }
}

TEST(Raven, a_selection_shown_in_two_views_is_one_event) {
    EXPECT_THAT(
        events(LabelFormat::raven, kRaven + std::string("Species\n1\tWaveform 1\t1\t0.5\t1.5\t\t\twren\n"
                                                        "1\tSpectrogram 1\t1\t0.5\t1.5\t1\t2\twren\n"
                                                        "2\tSpectrogram 1\t1\t0.5\t1.5\t1\t2\twren\n")),
        ElementsAre(Event{0.5, 1.5, "wren", {}}, Event{0.5, 1.5, "wren", {}}));
}

TEST(Raven, file_offsets_place_events_in_their_files) {
    const auto labels = parse(LabelFormat::raven,
                              "Begin Time (s)\tEnd Time (s)\tBegin File\tFile Offset (s)\tTag\n"
                              "0.5\t1.5\ta.wav\t0.5\twren\n60.5\t62\tb.wav\t0.5\towl\n");
    EXPECT_THAT(labels.recordings.at("a.wav").events, ElementsAre(Event{0.5, 1.5, "wren", {}}));
    EXPECT_THAT(labels.recordings.at("b.wav").events, ElementsAre(Event{0.5, 2, "owl", {}}));
}

TEST(Raven, errors_name_the_line) {
    const auto of = [](const std::string& text) { return error(LabelFormat::raven, text); };
    EXPECT_EQ(of(""), "x: empty, expected the header of a Raven selection table");
    EXPECT_THAT(of("Selection\tBegin Time (s)\tSpecies\n"), HasSubstr("x: line 1: no column 'end time (s)'"));
    EXPECT_THAT(of(kRaven + std::string("Delta Time (s)\n")), HasSubstr("x: line 1: no annotation column"));
    EXPECT_EQ(of("Begin Time (s)\tEnd Time (s)\tTag\n0\t1\n"), "x: line 2: 2 fields where the header has 3");
    EXPECT_THAT(of("Begin Time (s)\tEnd Time (s)\tTag\tBegin File\n0\t1\ta\tu.wav\n1\t2\ta\tv.wav\n"),
                HasSubstr("x: line 3: another Begin File"));
    EXPECT_EQ(of("Begin Time (s)\tEnd Time (s)\tTag\n0\t1\t\n"), "x: line 2: the label is empty");
}

// ---- CSV

TEST(Csv, with_header_and_further_columns) {
    const auto labels =
        parse(LabelFormat::csv, "fold,label,file\n1,dog,audio/a.wav\n2,\"cat, big\",\"b, c.wav\"\n");
    EXPECT_THAT(labels.recordings.at("audio/a.wav").events, ElementsAre(Event{0, kOpen, "dog", {}}));
    EXPECT_THAT(labels.recordings.at("b, c.wav").events, ElementsAre(Event{0, kOpen, "cat, big", {}}));
}

TEST(Csv, without_header) {
    EXPECT_THAT(events(LabelFormat::csv, "a.wav,dog\n", "a.wav"), ElementsAre(Event{0, kOpen, "dog", {}}));
}

TEST(Csv, ids_without_extension) {
    EXPECT_THAT(events(LabelFormat::csv, "id,label\n0030904b777c,0\n", "0030904b777c"),
                ElementsAre(Event{0, kOpen, "0", {}}));
}

TEST(Csv, semicolons_as_spreadsheets_of_some_countries_write) {
    EXPECT_THAT(events(LabelFormat::csv, "file;label;length\na.wav;dog;1,5\n", "a.wav"),
                ElementsAre(Event{0, kOpen, "dog", {}}));
}

TEST(Csv, several_labels_of_one_recording_are_kept_and_repetitions_are_not) {
    const auto labels = parse(LabelFormat::csv, "a.wav,dog\na.wav,cat\na.wav,dog\n");
    EXPECT_THAT(labels.recordings.at("a.wav").events,
                ElementsAre(Event{0, kOpen, "cat", {}}, Event{0, kOpen, "dog", {}}));
    EXPECT_THAT(labels.warnings, ElementsAre("x: 1 line repeats another"));
}

TEST(Csv, errors_name_the_line) {
    const auto of = [](std::string_view text) { return error(LabelFormat::csv, text); };
    EXPECT_EQ(of("a.wav\n"), "x: line 1: one field, expected file,label");
    EXPECT_EQ(of("file,label\na.wav,dog\nb, c.wav,dog\n"),
              "x: line 3: 3 fields where the first line has 2 (put names that contain a comma in quotes)");
    EXPECT_EQ(of("file,label\n,dog\n"), "x: line 2: the file name is empty");
    EXPECT_EQ(of("file,label\na.wav,\n"), "x: line 2: the label is empty");
    EXPECT_EQ(of("file,label,note\na.wav,dog,\"two\nlines\"\nb.wav,,\n"), "x: line 4: the label is empty");
}

// ---- word_bounds.json

TEST(WordBounds, an_event_an_id) {
    const auto labels = parse(LabelFormat::word_bounds, R"({"b": [12.855, 13.615], "a": [0, 1]})");
    EXPECT_THAT(labels.recordings.at("a").events, ElementsAre(Event{0, 1, "phrase", {}}));
    EXPECT_THAT(labels.recordings.at("b").events, ElementsAre(Event{12.855, 13.615, "phrase", {}}));
}

TEST(WordBounds, errors_name_the_id) {
    const auto of = [](std::string_view text) { return error(LabelFormat::word_bounds, text); };
    EXPECT_EQ(of(R"({"a": [1]})"), R"(x: key "a": 1 numbers, expected [start, end] in seconds)");
    EXPECT_EQ(of(R"({"a": [1, 2, 3]})"),
              R"(x: key "a": more than two numbers, expected [start, end] in seconds)");
    EXPECT_EQ(of(R"({"a": [2, 1]})"), R"(x: key "a": offset 1 s is before onset 2 s)");
    EXPECT_EQ(of(R"({"a": [-1, 1]})"), R"(x: key "a": onset -1 s is negative)");
    EXPECT_EQ(of(R"({"a": ["1", 1]})"), R"(x: key "a": a string, expected [start, end] in seconds)");
    EXPECT_EQ(of(R"({"a": [1, 2], "a": [3, 4]})"), R"(x: key "a": occurs twice)");
    EXPECT_EQ(of(R"({"": [1, 2]})"), "x: an id is empty");
    EXPECT_THAT(of(R"({"a": [1, NaN]})"), HasSubstr("x: line 1, column 11: "));
    EXPECT_THAT(of(R"([1, 2])"), HasSubstr("x: an array, expected an object as"));
}

// ---- what all formats share

TEST(LabelText, byte_order_mark_and_windows_line_ends_change_nothing) {
    EXPECT_THAT(events(LabelFormat::audacity,
                       "\xEF\xBB\xBF"
                       "0\t1\ta\r\n2\t3\tb\r\n"),
                ElementsAre(Event{0, 1, "a", {}}, Event{2, 3, "b", {}}));
    EXPECT_THAT(events(LabelFormat::labels_json, "\xEF\xBB\xBF{\"00:00\":\r\n \"a\"}\r\n"),
                ElementsAre(Event{0, kOpen, "a", {}}));
    EXPECT_THAT(events(LabelFormat::csv,
                       "\xEF\xBB\xBF"
                       "file,label\r\na.wav,\"dog\"\r\n",
                       "a.wav"),
                ElementsAre(Event{0, kOpen, "dog", {}}));
    EXPECT_THAT(events(LabelFormat::dcase, "\xEF\xBB\xBFonset\toffset\tevent_label\r\n0\t1\ta\r\n"),
                ElementsAre(Event{0, 1, "a", {}}));
}

TEST(LabelText, what_is_not_utf8_is_an_error_with_its_line) {
    EXPECT_EQ(error(LabelFormat::audacity, "0\t1\ta\n1\t2\tcaf\xE9\n"),
              "x: line 2: not UTF-8 at byte 0xe9 (try iconv -f latin1 -t utf-8)");
    EXPECT_THAT(error(LabelFormat::csv,
                      "\xFF\xFE"
                      "a\0,\0"),
                HasSubstr("x: UTF-16, expected UTF-8"));
    EXPECT_EQ(error(LabelFormat::csv, std::string_view("RIFF\0\0\0\0WAVE", 12)),
              "x: line 1: binary data, expected text");
}

TEST(LabelText, in_tables_only_file_names_may_be_other_than_utf8) {
    EXPECT_EQ(error(LabelFormat::csv, "file,label\na.wav,caf\xE9\n"),
              "x: line 2: not UTF-8 at byte 0xe9 (try iconv -f latin1 -t utf-8)");
    EXPECT_EQ(error(LabelFormat::csv, "a.wav,caf\xE9\n"),
              "x: line 1: not UTF-8 at byte 0xe9 (try iconv -f latin1 -t utf-8)");
    EXPECT_EQ(error(LabelFormat::dcase, "filename\tonset\toffset\tevent_label\na.wav\t0\t1\tcaf\xE9\n"),
              "x: line 2: not UTF-8 at byte 0xe9 (try iconv -f latin1 -t utf-8)");
    EXPECT_EQ(error(LabelFormat::dcase, "0\t1\tcaf\xE9\n"),
              "x: line 1: not UTF-8 at byte 0xe9 (try iconv -f latin1 -t utf-8)");
}

TEST(LabelText, utf8_is_checked_as_unicode_defines_it) {
    for (const char* good :
         {"\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xF0\x9F\x90\xB6", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_THAT(events(LabelFormat::audacity, std::string("0\t1\t") + good),
                    ElementsAre(Event{0, 1, good, {}}));
    }
    for (const char* bad : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xF8\x88\x80\x80\x80"}) {
        EXPECT_THAT(error(LabelFormat::audacity, std::string("0\t1\t") + bad),
                    HasSubstr("x: line 1: not UTF-8"));
    }
}

// ---- faults of the originals

TEST(Originals, micmon_3_labels_that_do_not_begin_at_zero_leave_the_beginning_unlabelled) {
    EXPECT_THAT(events(LabelFormat::labels_json, R"({"00:05": "a"})"), ElementsAre(Event{5, kOpen, "a", {}}));
}

TEST(Originals, micmon_6_fractions_of_seconds_are_read_as_written) {
    EXPECT_THAT(events(LabelFormat::labels_json, R"({"00:01.05": "a", "00:01.5": "b"})"),
                ElementsAre(Event{1.05, 1.5, "a", {}}, Event{1.5, kOpen, "b", {}}));
    EXPECT_EQ(error(LabelFormat::labels_json, R"({"0:0:0:30": "a"})"),
              R"(x: key "0:0:0:30": a time has at most hours, minutes and seconds)");
}

TEST(Originals, SoundDitect_10_an_unknown_label_is_not_taken_for_normal) {
    EXPECT_EQ(error(LabelFormat::waveform_json, R"([{"Waveform": [1], "Labels": 2}])"),
              "x: entry 1: label 2, expected 0 (OK) or 1 (NG)");
}

}  // namespace
}  // namespace earshot::label
