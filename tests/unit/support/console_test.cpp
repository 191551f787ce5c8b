#include "support/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "support/json_lines.h"
#include "support/nearest.h"

namespace earshot {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What is said on a stream that is no terminal.
std::string said(const ConsoleOptions& options, const std::function<void(Console&)>& talk) {
    char* buffer = nullptr;
    std::size_t size = 0;
    std::FILE* stream = ::open_memstream(&buffer, &size);
    {
        Console console(stream, "earshot test");
        console.configure(options);
        talk(console);
    }
    std::fclose(stream);
    std::string text(buffer, size);
    std::free(buffer);
    return text;
}

TEST(Console, QuietKeepsWarningsAndErrors) {
    const auto talk = [](Console& console) {
        console.note("a note");
        console.detail("a detail");
        console.warning("look out");
        console.error("it broke");
    };
    EXPECT_EQ(said({.quiet = true}, talk), "earshot test: warning: look out\nearshot test: it broke\n");
    EXPECT_EQ(said({}, talk), "a note\nearshot test: warning: look out\nearshot test: it broke\n");
    EXPECT_THAT(said({.verbosity = 1}, talk), HasSubstr("] a detail\n"));
}

TEST(Console, ProgressIsForTerminalsUnlessAskedFor) {
    const auto work = [](Console& console) {
        console.start_progress("datagen", 4.0);
        console.progress(2, "b.wav");
        console.end_progress();
    };
    EXPECT_EQ(said({}, work), "");
    EXPECT_EQ(said({.progress = ProgressMode::never}, work), "");
    const auto log = said({.progress = ProgressMode::always}, work);
    EXPECT_THAT(log, HasSubstr("datagen  2/4  50%"));
    EXPECT_THAT(log, HasSubstr("b.wav"));
    EXPECT_THAT(log, Not(HasSubstr("\r")));
    EXPECT_THAT(log, Not(HasSubstr("\033")));
}

TEST(Console, UnknownTotalShowsNoPercentage) {
    const auto log = said({.progress = ProgressMode::always}, [](Console& console) {
        console.start_progress("detect", std::nullopt);
        console.progress(10);
        console.end_progress();
    });
    EXPECT_THAT(log, Not(HasSubstr("%")));
    EXPECT_THAT(log, HasSubstr("detect  00:00"));
}

TEST(JsonLines, KeepsOrderAndSurvivesBadText) {
    StringOutput output;
    JsonLines lines(output);
    lines.write({{"onset", rounded(0.1 + 0.2, 3)}, {"file", "\xff"}, {"score", rounded(std::nan(""), 2)}});
    EXPECT_EQ(output.text(), "{\"onset\":0.3,\"file\":\"\xEF\xBF\xBD\",\"score\":null}\n");
}

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
    const std::vector<std::string> commands{"label", "datagen", "train", "evaluate", "detect"};
    EXPECT_EQ(nearest("lable", commands), "label");  // a swap is one mistake
    EXPECT_EQ(nearest("dtect", commands), "detect");
    EXPECT_EQ(nearest("evalaute", commands), "evaluate");
    EXPECT_EQ(nearest("trian", commands), "train");
    EXPECT_EQ(nearest("record", commands), "");
    EXPECT_EQ(nearest("x", commands), "");
    EXPECT_EQ(nearest("", commands), "");
    EXPECT_EQ(nearest("detect", commands), "detect");
}

}  // namespace
}  // namespace earshot
