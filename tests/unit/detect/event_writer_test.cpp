#include "detect/event_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/error.h"

namespace earshot::detect {
namespace {

const label::Event kCry{2, 5.30049, "cry", 0.98768f};
const label::Event kBark{61.5, 62, "dog, big", {}};

std::string written(EventFormat format) {
    StringOutput out;
    const auto writer = make_event_writer(format, out, {});
    writer->write("a,\t\"b\".wav", kCry);
    writer->write("a,\t\"b\".wav", kBark);
    writer->end_recording("a,\t\"b\".wav");
    return out.text();
}

TEST(EventWriter, jsonl) {
    EXPECT_EQ(written(EventFormat::jsonl),
              R"({"file":"a,\t\"b\".wav","onset":2.0,"offset":5.3,"label":"cry","score":0.9877})"
              "\n"
              R"({"file":"a,\t\"b\".wav","onset":61.5,"offset":62.0,"label":"dog, big"})"
              "\n");
}

TEST(EventWriter, csv_quotes_what_needs_it) {
    EXPECT_EQ(written(EventFormat::csv),
              "file,onset,offset,label,score\n"
              "\"a,\t\"\"b\"\".wav\",2.000,5.300,cry,0.9877\n"
              "\"a,\t\"\"b\"\".wav\",61.500,62.000,\"dog, big\",\n");
}

TEST(EventWriter, tsv_keeps_to_its_columns) {
    EXPECT_EQ(written(EventFormat::tsv),
              "filename\tonset\toffset\tevent_label\n"
              "a, \"b\".wav\t2.000\t5.300\tcry\n"
              "a, \"b\".wav\t61.500\t62.000\tdog, big\n");
}

TEST(EventWriter, audacity) {
    EXPECT_EQ(written(EventFormat::audacity), "2.000\t5.300\tcry\n61.500\t62.000\tdog, big\n");
}

TEST(EventWriter, labels_json_comes_at_the_end_with_the_gaps_named) {
    StringOutput out;
    const auto writer =
        make_event_writer(EventFormat::labels_json, out, {.flush_each = false, .gap_label = "quiet"});
    writer->write("a.wav", kCry);
    EXPECT_EQ(out.text(), "");
    writer->end_recording("a.wav");
    const auto json = nlohmann::ordered_json::parse(out.text());
    EXPECT_EQ(json.begin().key(), "00:00");
    EXPECT_EQ(json.begin().value(), "quiet");
    EXPECT_EQ(json.at("00:02"), "cry");
}

TEST(EventFormat, every_name_is_parsed_and_guessed_from_a_file) {
    for (const auto name : event_format_names()) {
        const auto format = parse_event_format(name);
        EXPECT_EQ(event_format_of_name("events" + std::string(event_format_extension(format))), format);
    }
    EXPECT_EQ(event_format_of_name("-"), EventFormat::jsonl);
    EXPECT_THROW(parse_event_format("xml"), UsageError);
}

}  // namespace
}  // namespace earshot::detect
