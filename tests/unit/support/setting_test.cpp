#include "support/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace earshot {
namespace {

using Json = nlohmann::ordered_json;

enum class Colour { red, green };

struct Options {
    double gain_db = 1.5;
    std::optional<double> share;
    int batch = 32;
    std::uint64_t seed = 7;
    bool flip = false;
    double wait_s = 90;
    std::string name = "x", kind = "log";
    Colour colour = Colour::green;
    std::optional<std::vector<std::int64_t>> sizes;
    double rare = 0;
};

std::vector<Setting> settings_of(Options& options) {
    return {
        {"gain-jitter", number_in(options.gain_db, 0, 60), "DB", "Gain"},
        {"share", number_in(options.share, 0, 1), "SHARE", "Share"},
        Setting("batch", whole_in(options.batch, 1, 1000), "N", "Batch").basic(),
        {"seed", any_whole(options.seed), "N", "Seed"},
        {"flip", on_or_off(options.flip), "", "Flip"},
        {"wait", time_of(options.wait_s), "TIME", "Wait"},
        {"name", any_text(options.name), "TEXT", "Name"},
        {"kind", one_of(options.kind, {"none", "log"}), "KIND", "Kind"},
        {"colour", choice_of<Colour>(options.colour, {{"red", Colour::red}, {"green", Colour::green}}), "X",
         "Colour"},
        {"sizes", sizes_in(options.sizes, 1, 3, 64), "N,...", "Sizes"},
        Setting("rare", number_in(options.rare, 0, 1), "X", "Rare").as("other_key").sparse().free(),
    };
}

/// What one of them says to a text.
std::string read(Options& options, const std::string& name, const std::string& text) {
    for (const Setting& setting : settings_of(options))
        if (setting.name == name) return setting.value.read(text);
    return "no such setting";
}

TEST(Setting, TextSetsTheMemberItIsBoundTo) {
    Options options;
    EXPECT_EQ(read(options, "gain-jitter", "1e1"), "");
    EXPECT_EQ(read(options, "share", "0.25"), "");
    EXPECT_EQ(read(options, "batch", "+8"), "");
    EXPECT_EQ(read(options, "seed", "18446744073709551615"), "");
    EXPECT_EQ(read(options, "flip", "true"), "");
    EXPECT_EQ(read(options, "wait", "02:13"), "");
    EXPECT_EQ(read(options, "name", "a b"), "");
    EXPECT_EQ(read(options, "kind", "none"), "");
    EXPECT_EQ(read(options, "colour", "red"), "");
    EXPECT_EQ(read(options, "sizes", "64,32"), "");
    EXPECT_EQ(options.gain_db, 10);
    EXPECT_EQ(options.share, 0.25);
    EXPECT_EQ(options.batch, 8);
    EXPECT_EQ(options.seed, UINT64_MAX);
    EXPECT_TRUE(options.flip);
    EXPECT_EQ(options.wait_s, 133);
    EXPECT_EQ(options.name + options.kind, "a bnone");
    EXPECT_EQ(options.colour, Colour::red);
    EXPECT_EQ(options.sizes, (std::vector<std::int64_t>{64, 32}));
}

TEST(Setting, TextOutOfRangeIsRefusedAndChangesNothing) {
    Options options;
    EXPECT_EQ(read(options, "gain-jitter", "61"), "'61' should be a number from 0 to 60");
    for (const char* text : {"-1", "nan", "inf", "", "1,5", "1 ", "0x1", "--1", "+-1"})
        EXPECT_NE(read(options, "gain-jitter", text), "") << text;
    EXPECT_EQ(read(options, "batch", "1.5"), "'1.5' should be a whole number from 1 to 1000");
    EXPECT_EQ(read(options, "wait", "02:75"), "02:75: seconds must be below 60");
    EXPECT_EQ(read(options, "kind", "zip"), "'zip' should be none or log");
    EXPECT_EQ(read(options, "colour", "blue"), "'blue' should be red or green");
    for (const char* text : {"64,x", "64,0", "65", "1,2,3,4", "", "1,,2"})
        EXPECT_EQ(
            read(options, "sizes", text),
            "'" + std::string(text) + "' should be 1 to 3 whole numbers from 1 to 64, with commas between");
    EXPECT_EQ(settings_json(settings_of(options)), settings_json([] {
                  static Options usual;
                  return settings_of(usual);
              }()));
}

TEST(Setting, TextReadsBackAsItself) {
    Options options;
    options.share = 0.1;
    options.sizes = {1, 2, 3};
    options.gain_db = 1e-3;
    for (const Setting& setting : settings_of(options)) {
        const std::string text = setting.value.text();
        EXPECT_EQ(setting.value.read(text), "") << setting.name;
        EXPECT_EQ(setting.value.text(), text);
    }
}

TEST(Setting, JsonHasWhatIsThere) {
    Options options;
    EXPECT_EQ(
        settings_json(settings_of(options)),
        Json::parse(R"({"gain_jitter": 1.5, "batch": 32, "seed": 7, "flip": false, "wait": 90.0, "name": "x",
                              "kind": "log", "colour": "green"})"));
    options.share = 0.5;
    options.sizes = {8};
    options.rare = 0.1;
    auto json = settings_json(settings_of(options));
    EXPECT_EQ(json["share"], 0.5);
    EXPECT_EQ(json["sizes"], Json::array({8}));
    EXPECT_EQ(json["other_key"], 0.1);
    json.erase("other_key");
    EXPECT_EQ(settings_fingerprint(settings_of(options)), json);
}

TEST(Setting, JsonReadsBack) {
    Options options;
    options.share = 0.5;
    options.sizes = {8};
    options.colour = Colour::red;
    options.seed = UINT64_MAX;
    const auto json = settings_json(settings_of(options));
    Options read;
    read_settings(json, settings_of(read), "model");
    EXPECT_EQ(settings_json(settings_of(read)), json);
    read_settings(Json::parse(R"({"unheard-of": 1})"), settings_of(read), "model");
    EXPECT_EQ(settings_json(settings_of(read)), json);
}

TEST(Setting, JsonMayWriteWholeNumbersWithAPoint) {
    Options options;
    read_settings(Json::parse(R"({"batch": 8.0, "seed": 1e15})"), settings_of(options), "model");
    EXPECT_EQ(options.batch, 8);
    EXPECT_EQ(options.seed, 1'000'000'000'000'000U);
    EXPECT_EQ(settings_json(settings_of(options))["batch"].dump(), "8");
    for (const char* text :
         {R"({"batch": 8.5})", R"({"batch": 1e300})", R"({"seed": -1.0})", R"({"seed": 1e17})"})
        EXPECT_THROW(read_settings(Json::parse(text), settings_of(options), "model"), Error) << text;
}

TEST(Setting, SaysWhatItMayBe) {
    Options options;
    std::vector<std::string> wanted;
    for (const Setting& setting : settings_of(options)) wanted.push_back(setting.value.wanted);
    EXPECT_THAT(wanted, testing::ElementsAre("a number from 0 to 60", "a number from 0 to 1",
                                             "a whole number from 1 to 1000",
                                             "a whole number from 0 to 18446744073709551615", "true or false",
                                             "a time", "text", "none or log", "red or green",
                                             "1 to 3 whole numbers from 1 to 64, with commas between",
                                             "a number from 0 to 1"));
    EXPECT_EQ(settings_of(options)[8].value.words, (std::vector<std::string>{"red", "green"}));
    EXPECT_EQ(one_of_text(std::vector<std::string>{"a", "b", "c"}), "a, b or c");
}

TEST(Setting, JsonOfStrangersIsChecked) {
    const auto error = [](const char* text) -> std::string {
        Options options;
        try {
            read_settings(Json::parse(text), settings_of(options), "model");
        } catch (const Error& wrong) {
            return wrong.what();
        }
        return "no error";
    };
    EXPECT_EQ(error(R"({"gain_jitter": 61})"),
              "model: \"gain_jitter\" is 61, should be a number from 0 to 60");
    EXPECT_EQ(error(R"({"gain_jitter": "1"})"),
              "model: \"gain_jitter\" is \"1\", should be a number from 0 to 60");
    EXPECT_EQ(error(R"({"batch": 1.5})"), "model: \"batch\" is 1.5, should be a whole number from 1 to 1000");
    EXPECT_EQ(error(R"({"batch": 18446744073709551615})"),
              "model: \"batch\" is 18446744073709551615, should be a whole number from 1 to 1000");
    EXPECT_EQ(error(R"({"seed": -1})"),
              "model: \"seed\" is -1, should be a whole number from 0 to 18446744073709551615");
    EXPECT_EQ(error(R"({"flip": 1})"), "model: \"flip\" is 1, should be true or false");
    EXPECT_EQ(error(R"({"colour": "blue"})"), "model: \"colour\" is \"blue\", should be red or green");
    EXPECT_EQ(error(R"({"sizes": 8})"), "model: \"sizes\" should be a list of 1 to 3 numbers");
    EXPECT_EQ(error(R"({"sizes": [8, 65]})"),
              "model: \"sizes\" is 65, should be a whole number from 1 to 64");
    EXPECT_EQ(error(R"({"share": null})"), "model: \"share\" is null, should be a number from 0 to 1");
}

}  // namespace
}  // namespace earshot
