// Waveform JSON and JSON Lines as they are read, and every way in which they can be wrong.

#include <gmock/gmock.h>

#include <sstream>

#include "label/label_file.h"
#include "label/waveform_reader.h"
#include "unit/label/read_labels.h"

namespace earshot::label {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(WaveformJson, waveforms_follow_each_other) {
    EXPECT_THAT(
        events(
            LabelFormat::waveform_json,
            R"({"waveforms": [[0, 0.5, -1e-3, 1], [1, 2]], "labels": ["OK", "NG"], "fs": 4, "metric": "RMS"})"),
        ElementsAre(Event{0, 1, "OK", {}}, Event{1, 1.5, "NG", {}}));
}

TEST(WaveformJson, members_come_in_any_order_and_unknown_ones_are_passed_over) {
    EXPECT_THAT(
        events(
            LabelFormat::waveform_json,
            R"({"fs": 2, "meta": {"fs": [1, {"labels": null}], "x": true}, "labels": ["a"], "waveforms": [[1, 2]]})"),
        ElementsAre(Event{0, 1, "a", {}}));
}

TEST(WaveformJson, the_older_form) {
    EXPECT_THAT(
        events(LabelFormat::waveform_json,
               R"([{"Waveform": [0.1, 0.2], "Labels": 0, "Metric": "x"}, {"Labels": 1, "Waveform": [0]}])"),
        ElementsAre(Event{0, 2 / 44100.0, "OK", {}}, Event{2 / 44100.0, 3 / 44100.0, "NG", {}}));
}

TEST(WaveformJson, errors_name_the_waveform) {
    const auto of = [](std::string_view text) { return error(LabelFormat::waveform_json, text); };
    EXPECT_EQ(of(R"({"waveforms": [[1]], "labels": ["a", "b"], "fs": 1})"), "x: 1 waveforms, but 2 labels");
    EXPECT_EQ(of(R"({"waveforms": [[1]], "labels": ["a"]})"), "x: no \"fs\", the sample rate in Hz");
    EXPECT_EQ(of(R"({"waveforms": [[1], []], "labels": ["a", "b"], "fs": 1})"), "x: waveform 2: no samples");
    EXPECT_EQ(of(R"({"waveforms": [[1, "2"]]})"), "x: waveform 1: a string, expected numbers");
    EXPECT_EQ(of(R"({"waveforms": [[1, [2]]]})"), "x: waveform 1: an array, expected numbers");
    EXPECT_EQ(of(R"({"labels": [0]})"), "x: label 1: a number, expected a label in quotation marks");
    EXPECT_EQ(of(R"({"fs": 0})"), "x: key \"fs\": 0, expected a rate in Hz");
    EXPECT_EQ(of(R"([{"Waveform": [1]}])"), "x: entry 1: no Labels");
    EXPECT_EQ(of(R"([{"Labels": 1}])"), "x: entry 1: no samples");
    EXPECT_THAT(of("{\"waveforms\": [[1,\n NaN]]}"), HasSubstr("x: line 2, column 2: "));
}

TEST(WaveformJson, samples_are_handed_on_one_waveform_at_a_time) {
    std::istringstream text(R"({"fs": 2, "waveforms": [[1, -0.5], [0.25]], "labels": ["a", "b"]})");
    std::vector<std::vector<float>> waveforms;
    const auto list =
        read_waveforms(text, "x", {false, [&](std::size_t index, std::span<const float> samples) {
                                       EXPECT_EQ(index, waveforms.size());
                                       waveforms.emplace_back(samples.begin(), samples.end());
                                   }});
    EXPECT_THAT(waveforms, ElementsAre(ElementsAre(1, -0.5F), ElementsAre(0.25F)));
    EXPECT_EQ(list.rate_hz, 2);
    ASSERT_EQ(list.entries.size(), 2U);
    EXPECT_EQ(list.entries[1].label, "b");
}

TEST(WaveformJson, what_cannot_be_used_is_listed_on_request) {
    const auto problems = [](const std::string& json) {
        std::istringstream text(json);
        std::vector<std::size_t> sunk;
        const auto list = read_waveforms(
            text, "x", {true, [&](std::size_t index, std::span<const float>) { sunk.push_back(index); }});
        std::vector<std::string> found;
        for (const auto& entry : list.entries) found.push_back(entry.problem);
        // Only those whose samples are good are handed on, whatever their labels are.
        for (const std::size_t i : sunk) EXPECT_THAT(found[i], Not(HasSubstr("expected numbers")));
        return found;
    };
    EXPECT_THAT(
        problems(R"({"waveforms": [[1], [1, "2", [3], {"a": 4}], [], 7, [1e39], [true], [6], [7], [8]],
                     "labels": ["a", "b", "c", "d", "e", "f", 3, "h"], "fs": 1})"),
        ElementsAre("", "waveform 2: a string, expected numbers", "waveform 3: no samples",
                    "waveform 4: a number, expected numbers",
                    "waveform 5: 1e+39, which is too large for a sample",
                    "waveform 6: true or false, expected numbers",
                    "label 7: a number, expected a label in quotation marks", "", "waveform 9: no label"));
    EXPECT_THAT(problems(R"({"labels": ["a", "b"], "waveforms": [[1]], "fs": 1})"),
                ElementsAre("", "label 2: no waveform"));
    EXPECT_THAT(problems(R"([{"Waveform": [1], "Labels": 0}, {"Waveform": [1], "Labels": 5}, {"Labels": 1},
                             {"Waveform": [null], "Labels": 1}, {"Waveform": [1], "Labels": "NG"}])"),
                ElementsAre("", "entry 2: label 5, expected 0 (OK) or 1 (NG)", "entry 3: no samples",
                            "waveform 4: null, expected numbers",
                            "entry 5: a string, expected {\"Waveform\": [...], \"Labels\": 0}"));
}

TEST(Jsonl, is_read_as_detect_writes_it) {
    const auto labels = parse_labels(
        "{\"file\":\"b.wav\",\"onset\":64.0,\"offset\":70,\"label\":\"cry\",\"score\":0.97}\r\n\n"
        "{\"label\": \"dog\", \"offset\": 2, \"onset\": 1, \"file\": \"a.wav\", \"score\": null, \"x\": [1]}",
        "e.jsonl", LabelFormat::jsonl);
    ASSERT_EQ(labels.recordings.size(), 2U);
    EXPECT_THAT(labels.recordings.at("b.wav").events, ElementsAre(Event{64, 70, "cry", 0.97}));
    EXPECT_THAT(labels.recordings.at("a.wav").events, ElementsAre(Event{1, 2, "dog", {}}));
}

TEST(Jsonl, of_live_sound_only_events_are_labels) {
    const auto labels = parse_labels(
        R"({"file":"default","time":"2024-02-29T23:59:58.123Z","stats":{"heard":60.0}}
           {"file":"default","onset":64.0,"label":"cry","score":0.8,"state":"start"}
           {"file":"default","onset":64.0,"offset":70.0,"label":"cry","score":0.9,"state":"end"}
           {"file":"default","onset":80.0,"offset":82.5,"gap":"paused"}
           {"file":"default","onset":90.0,"offset":92.5,"label":"dog"})",
        "e.jsonl", LabelFormat::jsonl);
    ASSERT_EQ(labels.recordings.size(), 1U);
    EXPECT_THAT(labels.recordings.at("default").events,
                ElementsAre(Event{64, 70, "cry", 0.9}, Event{90, 92.5, "dog", {}}));
}

TEST(Jsonl, errors_name_line_and_member) {
    const auto error = [](const std::string& text) {
        return error_of([&] { parse_labels("\n" + text, "e", LabelFormat::jsonl); });
    };
    EXPECT_EQ(error(R"({"onset": 1, "label": "a"})"), "e: line 2: no \"offset\"");
    EXPECT_EQ(error(R"({"onset": 1, "offset": 2})"), "e: line 2: no \"label\"");
    EXPECT_EQ(error(R"({"onset": 1, "label": "a", "state": "end"})"), "e: line 2: no \"offset\"");
    EXPECT_EQ(error(R"({"onset": "1", "offset": 2, "label": "a"})"),
              "e: line 2: \"onset\" is \"1\", expected seconds");
    EXPECT_THAT(error(R"({"onset": 3, "offset": 2, "label": "a"})"), HasSubstr("e: line 2: "));
    EXPECT_THAT(error(R"({"onset": 1, "offset": 2, "label": ""})"), HasSubstr("e: line 2: "));
    EXPECT_THAT(error(R"({"onset": 1, "offset": 2, "label": 7})"), HasSubstr("expected text"));
    EXPECT_THAT(error("[1, 2]"), HasSubstr("e: line 2: no JSON object"));
    EXPECT_THAT(error(R"({"onset": 1,)"), HasSubstr("e: line 2: no JSON object"));
    EXPECT_THAT(error("{\"onset\": 1, \"offset\": 2, \"label\": \"a\"}\n"
                      "{\"file\": \"b\", \"onset\": 1, \"offset\": 2, \"label\": \"a\"}"),
                HasSubstr("others do not"));
}

}  // namespace
}  // namespace earshot::label
