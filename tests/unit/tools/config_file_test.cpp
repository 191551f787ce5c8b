#include "tools/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace earshot::tools {
namespace {

using testing::ElementsAre;

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
    EXPECT_THAT(value("1.5s"), ElementsAre("1.5s"));
    EXPECT_THAT(value("02:13 # when"), ElementsAre("02:13"));
    EXPECT_THAT(value("true"), ElementsAre("true"));
    EXPECT_THAT(value("-3e-4"), ElementsAre("-3e-4"));
    EXPECT_THAT(value(R"("a # b, c")"), ElementsAre("a # b, c"));
    EXPECT_THAT(value(R"("tab\t \"q\" back\\slash")"), ElementsAre("tab\t \"q\" back\\slash"));
    EXPECT_THAT(value(R"('C:\n')"), ElementsAre("C:\\n"));
    EXPECT_THAT(value("\"\""), ElementsAre(""));
    EXPECT_THAT(value("[]"), ElementsAre());
    EXPECT_THAT(value("[1, 'two', \"th]ree\",]"), ElementsAre("1", "two", "th]ree"));
    EXPECT_THAT(value("[ # first\n  1,\n  2  # last\n]"), ElementsAre("1", "2"));
}

TEST(ConfigFile, TakesByteOrderMarkAndDosLineEnds) {
    const auto entries = parse_config("\xEF\xBB\xBF[a]\r\nb = c\r\n", "x");
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_THAT(entries[0].values, ElementsAre("c"));
}

TEST(ConfigFile, NamesTheLineOfWhatItCannotRead) {
    EXPECT_EQ(error_of("[a]\nb\n"), "x.toml: line 2: 'b' is no setting (write key = value)");
    EXPECT_EQ(error_of("\n[a\n"), "x.toml: line 2: a section needs a closing ]");
    EXPECT_EQ(error_of("[[a]]\n"),
              "x.toml: line 1: [[a] is no section (write [command] or [command.subcommand])");
    EXPECT_EQ(error_of("[a]\nb = \"c\n"), "x.toml: line 2: a string needs its closing \"");
    EXPECT_EQ(error_of("[a]\nb = 'c\n"), "x.toml: line 2: a string needs its closing '");
    EXPECT_EQ(error_of("[a]\nb = \"\\x\"\n"),
              "x.toml: line 2: only \\\\, \\\", \\n, \\t and \\r are known after a backslash");
    EXPECT_EQ(error_of("[a]\nb = two words\n"), "x.toml: line 2: 'words' follows the value");
    EXPECT_EQ(error_of("[a]\nb =\n"), "x.toml: line 2: a value is missing");
    EXPECT_EQ(error_of("[a]\nb = [1 2]\n"), "x.toml: line 2: values of an array need commas between them");
    EXPECT_EQ(error_of("[a]\nb = [1,\n2\n"), "x.toml: line 4: an array needs a closing ]");
    EXPECT_EQ(error_of("[a]\nb = {c = 1}\n"),
              "x.toml: line 2: a table in braces is not read here (write a [section])");
    EXPECT_EQ(error_of("[a]\nb = 1\nc = 2\nb = 3\n"), "x.toml: line 4: 'b' is set already in line 2");
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
    for (const std::string text : {"1.5", "true", "a b", "a # b", "say \"hi\"", "back\\slash", "tab\tline\n",
                                   "", "0x10", "nan", "1,5", "[x]", "ä"}) {
        const auto entries = parse_config("[a]\nk = " + config_value(text), "x");
        ASSERT_EQ(entries.size(), 1u) << text;
        EXPECT_THAT(entries[0].values, ElementsAre(text));
    }
    EXPECT_EQ(config_value("2.50"), "2.50");
    EXPECT_EQ(config_value("false"), "false");
    EXPECT_EQ(config_value("nan"), "\"nan\"");
    EXPECT_EQ(config_value("-0.5e3"), "-0.5e3");
    for (const std::string text : {".2", "5.", "01", "-"})  // no numbers in TOML
        EXPECT_EQ(config_value(text), '"' + text + '"');
}

}  // namespace
}  // namespace earshot::tools
