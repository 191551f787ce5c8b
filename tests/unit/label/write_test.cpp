// Every format as it is written: read again, it says the same, or it was refused.

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <random>

#include "label/label_file.h"
#include "label/label_text.h"
#include "unit/label/expect_error.h"

namespace earshot::label {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kOpen = std::numeric_limits<double>::infinity();

Labels labels_of(std::map<std::string, std::vector<Event>> recordings) {
    Labels labels{LabelFormat::dcase, {}, {}};
    for (auto& [key, events] : recordings) labels.recordings[key].events = std::move(events);
    return labels;
}

std::string written(const Labels& labels, LabelFormat format, const LabelWriteOptions& options = {}) {
    StringOutput out;
    write_labels(labels, format, out, options);
    return out.text();
}

std::string refusal(const Labels& labels, LabelFormat format) {
    return error_of([&] { written(labels, format); });
}

void expect_round_trip(const Labels& labels, LabelFormat format, const LabelWriteOptions& options = {}) {
    const auto text = written(labels, format, options);
    const auto again = parse_labels(text, "again", format);
    ASSERT_EQ(again.recordings.size(), labels.recordings.size()) << text;
    for (const auto& [key, timeline] : labels.recordings) {
        ASSERT_TRUE(again.recordings.contains(key)) << key << "\n" << text;
        EXPECT_EQ(again.recordings.at(key).events, timeline.events) << text;
    }
    EXPECT_TRUE(again.warnings.empty());
    const std::string name = format == LabelFormat::raven      ? "x.selections.txt"
                             : format == LabelFormat::audacity ? "x.txt"
                                                               : "x";
    EXPECT_EQ(guess_label_format(text, name), format) << text;
}

/// Random times of full double precision; what a format must bring back to the last bit.
std::vector<Event> random_events(std::mt19937& random, int count) {
    static const std::vector<std::string> names{"dog",          "Hund, groß", "the \"cat\"", "two words",
                                                "\\back/slash", "0",          "犬"};
    std::exponential_distribution<double> gap_s(0.1);
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) {
        const double onset_s = gap_s(random) * i;
        events.push_back({onset_s, onset_s + gap_s(random), names[random() % names.size()], {}});
    }
    Timeline timeline{std::move(events)};
    timeline.sort();
    return timeline.events;
}

// What detect wrote of a recording with such a name, label could not read.
TEST(WriteLabels, a_file_name_that_is_not_utf8_can_be_read_again) {
    const auto whole =
        labels_of({{"caf\xE9.wav", {{0, kOpen, "Hund, groß", {}}}}, {"\xFF/b.wav", {{0, kOpen, "a", {}}}}});
    expect_round_trip(whole, LabelFormat::csv);
    const auto timed = labels_of({{"caf\xE9.wav", {{1, 2, "groß", {}}}}, {"\xFF/b.wav", {{0, 1, "a", {}}}}});
    expect_round_trip(timed, LabelFormat::dcase);
}

TEST(RoundTrip, strong_labels_of_one_recording_bit_by_bit) {
    std::mt19937 random(1);
    for (int round = 0; round < 50; ++round) {
        const auto labels = labels_of({{"", random_events(random, 1 + round % 7)}});
        expect_round_trip(labels, LabelFormat::audacity);
        expect_round_trip(labels, LabelFormat::raven);
        expect_round_trip(labels, LabelFormat::dcase);
        expect_round_trip(labels, LabelFormat::jsonl);
    }
}

TEST(RoundTrip, events_with_scores) {
    expect_round_trip(labels_of({{"a.wav", {{0.1, 2, "cry", 0.9731}, {1, 1.5, "犬", {}}}},
                                 {"b \"c\".wav", {{3, 4, "cry", 1.0}}}}),
                      LabelFormat::jsonl);
}

TEST(RoundTrip, strong_labels_of_many_recordings) {
    std::mt19937 random(2);
    expect_round_trip(
        labels_of(
            {{"a.wav", random_events(random, 5)}, {"b, c.wav", {}}, {"d/e.wav", random_events(random, 2)}}),
        LabelFormat::dcase);
}

TEST(RoundTrip, labels_of_whole_recordings) {
    const auto labels = labels_of({{"a.wav", {{0, kOpen, "cat", {}}, {0, kOpen, "dog", {}}}},
                                   {"b \"x\", c.wav", {{0, kOpen, "dog", {}}}}});
    expect_round_trip(labels, LabelFormat::csv);
    expect_round_trip(labels, LabelFormat::dcase);
}

TEST(RoundTrip, bounds_of_words) {
    expect_round_trip(labels_of({{"a", {{0.1, 0.30000000000000004, "phrase", {}}}},
                                 {"b \"c\"", {{1e-7, 1e7, "phrase", {}}}}}),
                      LabelFormat::word_bounds);
    expect_round_trip(labels_of({}), LabelFormat::dcase);
}

TEST(RoundTrip, labels_json_to_the_nanosecond) {
    expect_round_trip(labels_of({{"",
                                  {{0, 1.5, "a", {}},
                                   {1.5, 60, "b", {}},
                                   {60, 3600, "b", {}},
                                   {3600, 86400.001, "c", {}},
                                   {86400.001, kOpen, "d", {}}}}}),
                      LabelFormat::labels_json);
    std::mt19937 random(3);
    std::uniform_real_distribution<double> length_s(1e-3, 5000);
    for (int round = 0; round < 50; ++round) {
        std::vector<Event> events;
        double onset_s = 0;
        for (int i = 0; i < 8; ++i) {
            const double offset_s = i == 7 ? kOpen : onset_s + length_s(random);
            events.push_back({onset_s, offset_s, i % 2 ? "a" : "b", {}});
            onset_s = offset_s;
        }
        const auto text = written(labels_of({{"", events}}), LabelFormat::labels_json);
        const auto again = parse_labels(text, "again", LabelFormat::labels_json).recordings.at("").events;
        ASSERT_EQ(again.size(), events.size()) << text;
        for (std::size_t i = 0; i < events.size(); ++i) {
            EXPECT_EQ(again[i].label, events[i].label);
            EXPECT_NEAR(again[i].onset_s, events[i].onset_s, 0.6e-9);
        }
    }
}

TEST(RoundTrip, labels_json_with_gaps_kept_as_gaps) {
    expect_round_trip(labels_of({{"", {{0.5, 1, "a", {}}, {2, 3, "b", {}}, {3, 4, "b", {}}}}}),
                      LabelFormat::labels_json, {"", ""});
}

TEST(WriteLabelsJson, gaps_get_a_label_and_keys_the_fewest_decimals) {
    EXPECT_EQ(
        written(labels_of({{"", {{8.866735, 13.5, "cry", {}}, {59.9999999999, 3661, "la\"ugh", {}}}}}),
                LabelFormat::labels_json),
        "{\n  \"00:00\": \"background\",\n  \"00:08.866735\": \"cry\",\n  \"00:13.500\": \"background\",\n"
        "  \"01:00\": \"la\\\"ugh\",\n  \"1:01:01\": \"background\"\n}\n");
}

TEST(WriteLabelsJson, no_events_are_one_gap) {
    EXPECT_EQ(written(labels_of({{"", {}}}), LabelFormat::labels_json, {"quiet", ""}),
              "{\n  \"00:00\": \"quiet\"\n}\n");
}

TEST(WriteLabelsJson, refuses_what_it_cannot_say) {
    const auto of = [](std::vector<Event> events) {
        return refusal(labels_of({{"", std::move(events)}}), LabelFormat::labels_json);
    };
    EXPECT_EQ(of({{0, 2, "a", {}}, {1, 3, "b", {}}}),
              "'a' at 0 s and 'b' at 1 s overlap, which labels-json cannot express");
    EXPECT_EQ(of({{0, kOpen, "a", {}}, {1, 3, "b", {}}}),
              "'a' at 0 s and 'b' at 1 s overlap, which labels-json cannot express");
    EXPECT_EQ(of({{1, 1, "a", {}}}), "'a' at 1 s has no duration, which labels-json cannot express");
    EXPECT_THAT(of({{1e300, kOpen, "a", {}}}), HasSubstr("longer than labels-json can express"));
    EXPECT_EQ(refusal(labels_of({{"a", {}}, {"b", {}}}), LabelFormat::labels_json),
              "labels of 2 recordings, but labels-json describes one");
}

TEST(WriteLabels, text_formats_as_their_programs_write_them) {
    const auto labels = labels_of({{"", {{0.5, 12, "dog", {}}, {1e-7, 1e-7, "cat", {}}}}});
    EXPECT_EQ(written(labels, LabelFormat::audacity), "0.5\t12\tdog\n0.0000001\t0.0000001\tcat\n");
    EXPECT_EQ(
        written(labels, LabelFormat::dcase, {"", "a.wav"}),
        "filename\tonset\toffset\tevent_label\na.wav\t0.5\t12\tdog\na.wav\t0.0000001\t0.0000001\tcat\n");
    EXPECT_EQ(written(labels_of({{"a.wav", {}}}), LabelFormat::dcase),
              "filename\tonset\toffset\tevent_label\na.wav\t\t\t\n");
    EXPECT_EQ(written(labels_of({}), LabelFormat::word_bounds), "{}\n");
}

TEST(WriteLabels, refuse_what_they_cannot_say) {
    const auto open = labels_of({{"", {{12, kOpen, "dog", {}}}}});
    for (const auto format : {LabelFormat::audacity, LabelFormat::dcase, LabelFormat::raven}) {
        EXPECT_THAT(refusal(open, format), HasSubstr("'dog' at 12 s lasts to the end of the recording, and"));
    }
    const auto timed = labels_of({{"a.wav", {{1, 2, "dog", {}}}}});
    EXPECT_EQ(refusal(timed, LabelFormat::csv),
              "a.wav: 'dog' from 1 to 2 s: csv labels whole recordings (try dcase)");
    EXPECT_EQ(refusal(labels_of({{"a.wav", {}}}), LabelFormat::csv),
              "a.wav: no label, which csv cannot express (try dcase)");
    const auto unnamed = labels_of({{"", {{0, kOpen, "dog", {}}}}});
    EXPECT_EQ(refusal(unnamed, LabelFormat::csv), "csv needs the name of the recording (try --name)");
    EXPECT_EQ(refusal(unnamed, LabelFormat::dcase), "dcase needs the name of the recording (try --name)");
    EXPECT_EQ(
        refusal(labels_of({{"a.wav", {{0, kOpen, "dog, cat", {}}}}}), LabelFormat::dcase),
        "label 'dog, cat': contains a comma, which separates labels in a dcase list of whole recordings");
    EXPECT_EQ(refusal(labels_of({{"a", {{0, 1, "x", {}}, {1, 2, "x", {}}}}}), LabelFormat::word_bounds),
              "a: 2 events, but word-bounds has one for each recording");
    EXPECT_EQ(
        refusal(labels_of({{"a", {{0, 1, "x", {}}}}, {"b", {{1, 2, "y", {}}}}}), LabelFormat::word_bounds),
        "labels 'x' and 'y', but word-bounds can hold only one label");
    EXPECT_THAT(refusal(timed, LabelFormat::waveform_json), HasSubstr("waveform-json contains samples"));
    EXPECT_THAT(refusal(labels_of({{"", {{0, 1, "a\tb", {}}}}}), LabelFormat::audacity),
                HasSubstr("control character"));
    EXPECT_THAT(refusal(labels_of({{"", {{0, 1, " a", {}}}}}), LabelFormat::audacity),
                HasSubstr("begins or ends with a space"));
    EXPECT_THAT(refusal(labels_of({{"a\tb", {{0, 1, "a", {}}}}}), LabelFormat::dcase),
                HasSubstr("has a tab or line end"));
}

TEST(SecondsText, reads_back_as_the_same_number) {
    std::mt19937_64 random(4);
    std::uniform_real_distribution<double> exponent(-9, 9);
    for (int i = 0; i < 1000; ++i) {
        const double seconds = std::pow(10, exponent(random));
        const auto text = seconds_text(seconds);
        EXPECT_EQ(std::stod(text), seconds);
        EXPECT_EQ(text.find_first_not_of("0123456789."), std::string::npos) << text;
    }
    EXPECT_EQ(seconds_text(0), "0");
}

}  // namespace
}  // namespace earshot::label
