#include "tools/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace earshot::tools {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

std::string error_of(std::string_view text) {
    try {
        parse_config(text, "x.toml");
    } catch (const UsageError& error) {
        return error.what();
    }
    return "no error";
}

TEST(ConfigFile, ReadsSectionsKeysAndLines) {
    const auto entries =
        parse_config("# a recipe\n[train]\nepochs = 40\n\n  [label.convert]  # tail\nto='dcase'\n", "x");
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].section, "train");
    EXPECT_EQ(entries[0].key, "epochs");
    EXPECT_THAT(entries[0].values, ElementsAre("40"));
    EXPECT_EQ(entries[0].line, 3);
    EXPECT_EQ(entries[1].section, "label.convert");
    EXPECT_THAT(entries[1].values, ElementsAre("dcase"));
    EXPECT_EQ(entries[1].line, 6);
}

TEST(ConfigFile, ReadsEveryKindOfValue) {
    const auto value = [](std::string_view text) {
        return parse_config("[a]\nk = " + std::string(text), "x").at(0).values;
    };
    EXPECT_THAT(value("\"1.5s\""), ElementsAre("1.5s"));
    EXPECT_THAT(value("'02:13' # when"), ElementsAre("02:13"));
    EXPECT_THAT(value("true"), ElementsAre("true"));
    EXPECT_THAT(value("-3e-4"), ElementsAre("-0.0003"));
    EXPECT_THAT(value("1_000"), ElementsAre("1000"));
    EXPECT_THAT(value("2026-11-01"), ElementsAre("2026-11-01"));
    EXPECT_THAT(value(R"("a # b, c")"), ElementsAre("a # b, c"));
    EXPECT_THAT(value(R"("tab\t \"q\" back\\slash")"), ElementsAre("tab\t \"q\" back\\slash"));
    EXPECT_THAT(value(R"('C:\n')"), ElementsAre("C:\\n"));
    EXPECT_THAT(value("\"\"\"\none\ntwo\"\"\""), ElementsAre("one\ntwo"));
    EXPECT_THAT(value("\"\""), ElementsAre(""));
    EXPECT_THAT(value("[]"), ElementsAre());
    EXPECT_THAT(value("[1, 'two', \"th]ree\",]"), ElementsAre("1", "two", "th]ree"));
    EXPECT_THAT(value("[ # first\n  1,\n  2  # last\n]"), ElementsAre("1", "2"));
}

TEST(ConfigFile, ReadsDottedKeysAndTablesInBracesAsSections) {
    for (const char* text : {"a.b = 1\na.c.d = 2\n", "a = {b = 1, c = {d = 2}}\n"}) {
        const auto entries = parse_config(text, "x");
        ASSERT_EQ(entries.size(), 2u) << text;
        EXPECT_EQ(entries[0].section + " " + entries[0].key, "a b");
        EXPECT_EQ(entries[1].section + " " + entries[1].key, "a.c d");
    }
}

TEST(ConfigFile, TakesByteOrderMarkAndDosLineEnds) {
    const auto entries = parse_config("\xEF\xBB\xBF[a]\r\nb = 'c'\r\n", "x");
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_THAT(entries[0].values, ElementsAre("c"));
}

TEST(ConfigFile, NamesTheLineOfWhatIsNotToml) {
    EXPECT_EQ(error_of("[a]\nb\n"), "x.toml: line 2: key-value pair: expected '=', saw '\\n'");
    EXPECT_THAT(error_of("\n[a\n"), StartsWith("x.toml: line 2: table header: expected ']'"));
    EXPECT_THAT(error_of("[a]\nb = \"c\n"), StartsWith("x.toml: line 2: string: "));
    EXPECT_THAT(error_of("[a]\nb =\n"), StartsWith("x.toml: line 2: key-value pair: expected value"));
    EXPECT_THAT(error_of("[a]\nb = 1\nc = 2\nb = 3\n"),
                StartsWith("x.toml: line 4: key-value pair: cannot redefine existing integer 'b'"));
    EXPECT_THAT(error_of("[a]\nb = \"\xFF\"\n"), StartsWith("x.toml: line 2: "));
}

TEST(ConfigFile, NamesTheLineOfWhatIsNoSetting) {
    EXPECT_EQ(error_of("[[a]]\nb = 1\n"),
              "x.toml: line 1: [[a]] is an array of tables (write [a] for a section)");
    EXPECT_EQ(error_of("[a]\nb = [[1], [2]]\n"),
              "x.toml: line 2: an array may contain only text, numbers, true or false");
    std::string deep = "[a";
    for (int i = 0; i < 400'000; ++i) deep += ".a";
    EXPECT_EQ(error_of(deep + "]\n"), "x.toml: line 1: sections are nested too deeply");
}

/// Before toml++ a value of one word needed no quotes.
TEST(ConfigFile, SaysWhichQuotesAFileOfTheOldDialectLacks) {
    const auto remedy = [](const std::string& line) {
        const auto error = error_of("[a]\n" + line + "\n");
        EXPECT_THAT(error, StartsWith("x.toml: line 2: text needs quotes (write "));
        return error.substr(error.find("write ") + 6);
    };
    EXPECT_EQ(remedy("hop = 1.5s"), "hop = \"1.5s\")");
    EXPECT_EQ(remedy("start = 02:13 # when"), "start = \"02:13\")");
    EXPECT_EQ(remedy("channels=mix\r"), "channels = \"mix\")");
    EXPECT_EQ(remedy("what = two words"), "what = \"two words\")");
    EXPECT_EQ(remedy("label = [cry, 2, bark]"), "label = [\"cry\", 2, \"bark\"])");
}

/// Whatever the text, an answer or a UsageError, never a crash or an endless loop.
TEST(ConfigFile, SurvivesEveryTruncation) {
    const std::string whole = "[a]\nb = [\"x\\n\", 'y', 3]\n[c.d]\ne = \"f\" # g\n";
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        try {
            EXPECT_LE(parse_config(std::string_view(whole).substr(0, length), "x").size(), 2u);
        } catch (const UsageError&) {
        }
    }
}

TEST(ConfigValue, ReadsBackAsItself) {
    for (const std::string text : {"1.5",
                                   "true",
                                   "a b",
                                   "a # b",
                                   "say \"hi\"",
                                   "back\\slash",
                                   "tab\tline\n",
                                   "",
                                   "0x10",
                                   "nan",
                                   "1,5",
                                   "[x]",
                                   "ä",
                                   "1.50",
                                   "1e-3",
                                   "1e-05",
                                   "-0",
                                   "+5",
                                   "18446744073709551615",
                                   "-9223372036854775808",
                                   "bell\a"}) {
        const auto entries = parse_config("[a]\nk = " + config_value(text), "x");
        ASSERT_EQ(entries.size(), 1u) << text;
        EXPECT_THAT(entries[0].values, ElementsAre(text));
    }
    EXPECT_EQ(config_value("2.5"), "2.5");
    EXPECT_EQ(config_value("false"), "false");
    EXPECT_EQ(config_value("nan"), "\"nan\"");
    EXPECT_EQ(config_value("1e-05"), "1e-05");
    EXPECT_EQ(config_value("2.50"), "\"2.50\"");            // as a number it would come back as 2.5
    for (const std::string text : {".2", "5.", "01", "-"})  // no numbers in TOML
        EXPECT_EQ(config_value(text), '"' + text + '"');
    EXPECT_EQ(config_value("caf\xE9"), "\"caf\uFFFD\"");  // TOML is UTF-8
}

}  // namespace
}  // namespace earshot::tools
