#include "support/json.h"

#include <gmock/gmock.h>

#include <sstream>

namespace earshot {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;
using Json = nlohmann::ordered_json;

std::string nested(std::size_t levels, const std::string& open = "[", const std::string& close = "]") {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += open;
    if (open.ends_with(':')) text += "0";
    for (std::size_t i = 0; i < levels; ++i) text += close;
    return text;
}

/// Accepts whatever comes, but remembers how much it was.
class Counter : public nlohmann::json_sax<nlohmann::json> {
 public:
    int values = 0, arrays = 0;
    std::string problem;

    bool null() override { return ++values; }
    bool boolean(bool) override { return ++values; }
    bool number_integer(number_integer_t) override { return ++values; }
    bool number_unsigned(number_unsigned_t) override { return ++values; }
    bool number_float(number_float_t, const string_t&) override { return ++values; }
    bool string(string_t&) override { return ++values; }
    bool binary(binary_t&) override { return ++values; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return ++arrays; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t byte, const std::string&,
                     const nlohmann::detail::exception& error) override {
        problem = json_error("x", byte, error).what();
        return false;
    }
};

TEST(Json, IsWhatNlohmannReads) {
    const std::string text = R"({"b": [1, -2, 2.5e3, true, null, "\u00e9"], "a": {"b": {}, "c": []}})";
    EXPECT_EQ(parse_json(text, "x"), Json::parse(text));
    EXPECT_EQ(parse_json(text, "x").dump(), Json::parse(text).dump());  // members keep their order
    EXPECT_EQ(parse_json<nlohmann::json>(text, "x"), nlohmann::json::parse(text));
    EXPECT_EQ(try_parse_json(text), Json::parse(text));
}

// Copies and dumps recurse once per level: 100,000 levels ended commands with SIGSEGV.
TEST(Json, NestedTooDeeplyIsRefusedBeforeAnythingRecurses) {
    const auto refused = [](const std::string& text) {
        const auto deep = ThrowsMessage<Error>("x: nested more than 64 levels deep");
        EXPECT_THAT([&] { parse_json(text, "x"); }, deep);
        EXPECT_THAT([&] { parse_json<nlohmann::json>(text, "x"); }, deep);
        EXPECT_FALSE(try_parse_json(text));
        Counter counter;
        EXPECT_THAT([&] { stream_json(text, counter, "x"); }, deep);
        std::istringstream stream(text);
        EXPECT_THAT([&] { stream_json(stream, counter, "x"); }, deep);
    };
    refused(nested(kMaxJsonDepth + 1));
    refused(nested(kMaxJsonDepth + 1, "{\"a\":", "}"));
    refused(nested(100'000));
    refused(nested(100'000, "{\"a\":", "}"));
    refused(nested(100'000, "[", ""));  // unfinished
    refused("[" + nested(kMaxJsonDepth) + "]");
}

TEST(Json, LevelsSideBySideAreNotDepth) {
    const auto text = nested(kMaxJsonDepth);
    EXPECT_EQ(parse_json(text, "x").dump(), text);
    std::string wide = "[0";
    for (int i = 0; i < 1000; ++i) wide += "," + nested(kMaxJsonDepth - 1);
    EXPECT_EQ(parse_json(wide + "]", "x").size(), 1001U);
    Counter counter;
    stream_json(wide + "]", counter, "x");
    EXPECT_EQ(counter.arrays, 1 + 1000 * (kMaxJsonDepth - 1));
    EXPECT_EQ(counter.values, 1);
    EXPECT_EQ(counter.problem, "");
}

TEST(Json, BracketsInStringsAreNotDepth) {
    const std::string brackets(100, '[');
    for (const std::string& text : {R"(["\\", ")" + brackets + R"("])", R"(["\"\\\")" + brackets + R"(", 1])",
                                    R"({")" + brackets + R"(": "\u005b"})"}) {
        EXPECT_EQ(parse_json(text, "x"), Json::parse(text)) << text;
    }
    EXPECT_THAT([&] { parse_json(R"(["\\"], )" + brackets, "x"); },
                ThrowsMessage<Error>("x: nested more than 64 levels deep"));
}

// With a callback for each value, the library went over all elements before whenever one ended.
TEST(Json, LongListsTakeTimeInProportion) {
    std::string list = "[0";
    for (int i = 0; i < 200'000; ++i) list += ",{\"a\":0}";
    EXPECT_EQ(parse_json(list + "]", "x").size(), 200'001U);
}

TEST(Json, WhatIsWrongIsSaidWithItsPlace) {
    EXPECT_THAT([] { parse_json("{\n  \"a\": ,\n}", "m.json"); },
                ThrowsMessage<Error>(StartsWith("m.json: not valid JSON: line 2, column 8: syntax error")));
    EXPECT_THAT([] { parse_json("", "m.json"); },
                ThrowsMessage<Error>(HasSubstr("m.json: not valid JSON: line 1, column 1: ")));
    EXPECT_THAT([] { parse_json("[\"\xFF\"]", "m.json"); },
                ThrowsMessage<Error>(HasSubstr("m.json: not valid JSON: line 1, column 3: ")));
    Counter counter;
    stream_json("[1, 2", counter, "x");
    EXPECT_THAT(counter.problem, StartsWith("x: line 1, column 6: syntax error"));
}

// nlohmann throws out_of_range for it, where only its parse_error was caught.
TEST(Json, ANumberBeyondDoubleIsAnErrorLikeAnyOther) {
    EXPECT_THAT([] { parse_json("{\"a\": 1e905}", "m.json"); },
                ThrowsMessage<Error>(StartsWith("m.json: not valid JSON: byte 11: number overflow")));
    EXPECT_FALSE(try_parse_json("1e905"));
    Counter counter;
    stream_json("[1e905]", counter, "x");
    EXPECT_THAT(counter.problem, HasSubstr("x: byte "));
}

TEST(Json, MembersThatAreMissingOrOfAnotherTypeNameTheFile) {
    const auto json = parse_json(R"({"a": "text"})", "x");
    EXPECT_EQ(json_members("x", [&] { return json.at("a").get<std::string>(); }), "text");
    EXPECT_THAT([&] { json_members("x", [&] { return json.at("a").get<int>(); }); },
                ThrowsMessage<Error>(StartsWith("x: type must be number")));
    EXPECT_THAT([&] { json_members("x", [&] { return json.at("b").get<int>(); }); },
                ThrowsMessage<Error>(StartsWith("x: key 'b' not found")));
    EXPECT_THAT([&] { json_members("x", [&] { json_members("y", [&] { return json.at("b"); }); }); },
                ThrowsMessage<Error>(StartsWith("y: key")));
}

}  // namespace
}  // namespace earshot
