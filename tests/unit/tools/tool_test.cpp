// run_tool with a command of our own: everything that the commands share, without any of them.

#include "tools/tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/error.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

struct Options {
    std::string output = "-";
    double hop_s = 0.5;
    int jobs = 1;
    bool force = false;
    std::vector<std::string> labels;
    std::string mode = "fast";
    std::string to;
};

Options seen;           // what the command was run with
std::string seen_line;  // and the line that it would put into its provenance

Runner declare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    add_output(app, options->output, "Where to");
    add_time(app, "--hop", options->hop_s, "Seconds between rows");
    add_jobs(app, options->jobs);
    add_force(app, options->force);
    app.add_option("--label", options->labels, "Only these");
    app.add_option("--mode", options->mode, "How")
        ->check(CLI::IsMember({"fast", "good"}))
        ->capture_default_str();
    auto* convert = app.add_subcommand("convert", "Change the format");
    convert->add_option("--to", options->to, "Format");
    convert->add_option("--at", options->hop_s, "Never given in these tests");
    return [options](Context& context) {
        seen = *options;
        seen_line = context.command_line;
        if (options->output == "fail") throw Error("x.wav: not audio");
        if (options->output == "misuse") throw UsageError("--a and --b cannot be combined");
        if (options->output == "memory") throw std::bad_alloc();
        if (options->output == "pipe") throw BrokenPipe();
        context.out.write("data\n");
        return options->output == "partial" ? Exit::partial : Exit::ok;
    };
}

/// `train` is a name of the table, as sections of configuration files must be.
const Tool kTool{"train", "A command", "Example:\n  earshot train", declare};

class RunTool : public testing::Test {
 protected:
    void SetUp() override {
        directory_ = testing::TempDir() + "earshot-tool-" +
                     testing::UnitTest::GetInstance()->current_test_info()->name();
        std::filesystem::create_directories(directory_);
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(directory_ + "/" + name) << text;
        return directory_ + "/" + name;
    }

    int run(std::vector<const char*> words) {
        seen = {};
        words.insert(words.begin(), "earshot-train");
        char* buffer = nullptr;
        std::size_t size = 0;
        std::FILE* stream = ::open_memstream(&buffer, &size);
        StringOutput out;
        const int status = run_tool(kTool, static_cast<int>(words.size()), words.data(), out, stream);
        std::fclose(stream);
        error_.assign(buffer, size);
        std::free(buffer);
        out_ = out.text();
        return status;
    }

    std::string directory_, out_, error_;
};

TEST_F(RunTool, MapsWhatHappensToStatusAndOneLine) {
    EXPECT_EQ(run({}), 0);
    EXPECT_EQ(out_, "data\n");
    EXPECT_EQ(error_, "");
    EXPECT_EQ(run({"-o", "fail"}), 1);
    EXPECT_EQ(error_, "earshot train: x.wav: not audio\n");
    EXPECT_EQ(run({"-o", "memory"}), 1);
    EXPECT_EQ(error_, "earshot train: out of memory\n");
    EXPECT_EQ(run({"-o", "misuse"}), 2);
    EXPECT_EQ(error_, "earshot train: --a and --b cannot be combined\n");
    EXPECT_EQ(run({"-o", "partial"}), 3);
    EXPECT_EQ(run({"-o", "pipe"}), 0);
    EXPECT_EQ(error_, "");
}

TEST_F(RunTool, ExplainsMisuseInOneLine) {
    EXPECT_EQ(run({"--hopp", "1"}), 2);
    EXPECT_EQ(error_,
              "earshot train: unknown option --hopp, did you mean --hop? (see earshot train --help)\n");
    EXPECT_EQ(run({"--Xyzzy=1"}), 2);
    EXPECT_EQ(error_, "earshot train: unknown option --Xyzzy (see earshot train --help)\n");
    EXPECT_EQ(run({"convert", "--too", "x"}), 2);
    EXPECT_THAT(error_, HasSubstr("unknown option --too, did you mean --to?"));
    EXPECT_EQ(run({"surplus"}), 2);
    EXPECT_EQ(error_, "earshot train: unexpected argument 'surplus' (see earshot train --help)\n");
    EXPECT_EQ(run({"--hop", "02:75"}), 2);
    EXPECT_THAT(error_, HasSubstr("02:75: seconds must be below 60"));
    EXPECT_EQ(run({"--mode", "odd"}), 2);
    EXPECT_EQ(std::count(error_.begin(), error_.end(), '\n'), 1);
}

TEST_F(RunTool, HelpGoesToStandardOutputWhateverElseIsWrong) {
    EXPECT_EQ(run({"--help"}), 0);
    EXPECT_THAT(out_, HasSubstr("--hop"));
    EXPECT_THAT(out_, HasSubstr("Example:"));
    EXPECT_EQ(error_, "");
    EXPECT_EQ(run({"--config", "missing.toml", "--help"}), 0);
    EXPECT_EQ(run({"--recipe", "missing", "--dump-config", "convert", "--help"}), 0);
    EXPECT_THAT(out_, HasSubstr("--to"));
}

TEST_F(RunTool, CommandLineOverridesConfigOverridesRecipeOverridesDefault) {
    const auto recipe = file("recipe.toml", "[train]\nhop = 1\njobs = 2\nmode = \"good\"\noutput = \"r\"\n");
    const auto first = file("first.toml", "[train]\nhop = 10\njobs = 20\n");
    const auto second = file("second.toml", "[train]\nhop = 100\n");
    ASSERT_EQ(
        run({"--config", first.c_str(), "--recipe", recipe.c_str(), "-o", "c", "--config", second.c_str()}),
        0);
    EXPECT_EQ(seen.output, "c");   // command line
    EXPECT_EQ(seen.hop_s, 100);    // the later --config
    EXPECT_EQ(seen.jobs, 20);      // the earlier one
    EXPECT_EQ(seen.mode, "good");  // the recipe
    EXPECT_FALSE(seen.force);      // the default
    ASSERT_EQ(run({"--recipe", recipe.c_str()}), 0);
    EXPECT_EQ(seen.output, "r");
    EXPECT_EQ(run({"--config", first.c_str(), "surplus"}), 2);  // what follows the file is no second one
    EXPECT_THAT(error_, HasSubstr("unexpected argument 'surplus'"));
}

TEST_F(RunTool, ReadsTimesFlagsAndArraysFromFiles) {
    const auto config = file("c.toml", "[train]\nhop = \"1.5s\"\nforce = true\nlabel = [\"a b\", 'c#d']\n");
    ASSERT_EQ(run({"--config", config.c_str()}), 0);
    EXPECT_EQ(seen.hop_s, 1.5);
    EXPECT_TRUE(seen.force);
    EXPECT_THAT(seen.labels, ElementsAre("a b", "c#d"));
    const auto clock = file("clock.toml", "[train]\nhop = \"1:02:13.250\"\nforce = false\n");
    ASSERT_EQ(run({"--config", clock.c_str()}), 0);
    EXPECT_EQ(seen.hop_s, 3733.25);
    EXPECT_FALSE(seen.force);
}

TEST_F(RunTool, SectionsOfOtherCommandsAreLeftToThem) {
    const auto config = file("c.toml", "[detect]\nanything = 1\n[train]\nhop = 3\n[label.cut]\nx = 1\n");
    ASSERT_EQ(run({"--config", config.c_str()}), 0);
    EXPECT_EQ(seen.hop_s, 3);
}

TEST_F(RunTool, SubcommandsHaveSectionsOfTheirOwn) {
    const auto config = file("c.toml", "[train.convert]\nto = 'dcase'\n");
    ASSERT_EQ(run({"convert", "--config", config.c_str()}), 0);
    EXPECT_EQ(seen.to, "dcase");
    ASSERT_EQ(run({"--config", config.c_str(), "convert", "--to", "csv"}), 0);
    EXPECT_EQ(seen.to, "csv");
    ASSERT_EQ(run({"--config", config.c_str()}), 0);  // not being run: checked, not applied
    EXPECT_EQ(seen.to, "");
}

TEST_F(RunTool, NamesFileLineAndRemedyOfABadSetting) {
    const auto error = [this](const std::string& text) {
        const auto path = file("c.toml", text);
        EXPECT_EQ(run({"--config", path.c_str()}), 2);
        EXPECT_THAT(error_, StartsWith("earshot train: " + path + ": line "));
        return error_.substr(error_.find(": line ") + 2);
    };
    EXPECT_EQ(error("[train]\nhopp = 1\n"), "line 2: [train] has no option 'hopp' (did you mean hop?)\n");
    EXPECT_EQ(error("hop = 1\n"), "line 1: 'hop' is outside any section (put it under [train])\n");
    EXPECT_EQ(error("[trian]\nhop = 1\n"), "line 2: [trian] is not a command (did you mean train?)\n");
    EXPECT_EQ(error("[train.convrt]\nto = 1\n"),
              "line 2: 'convrt' is not a subcommand of train (did you mean convert?)\n");
    EXPECT_EQ(error("[train.convert]\ntoo = 1\n"),
              "line 2: [train.convert] has no option 'too' (did you mean to?)\n");
    EXPECT_EQ(error("[train]\nquiet = true\n"),
              "line 2: 'quiet' belongs on the command line, not in a file\n");
    EXPECT_THAT(error("[train]\n\nhop = -1\n"), HasSubstr("line 3: --hop: '-1': a time cannot be negative"));
    EXPECT_THAT(error("[train]\njobs = 'many'\n"), HasSubstr("line 2: "));
    EXPECT_THAT(error("[train]\nforce = [true, false]\n"),
                HasSubstr("line 2: 'force' must be true or false"));
    EXPECT_EQ(error("[train]\nhop = 1.5s\n"), "line 2: text needs quotes (write hop = \"1.5s\")\n");
}

TEST_F(RunTool, MissingFilesAndRecipesAreNamed) {
    EXPECT_EQ(run({"--config", "missing.toml"}), 1);
    EXPECT_EQ(error_, "earshot train: cannot open missing.toml: No such file or directory\n");
    EXPECT_EQ(run({"--recipe", "missing"}), 2);
    EXPECT_THAT(error_, HasSubstr("no recipe or file named 'missing'"));
}

TEST_F(RunTool, DumpedConfigurationReadsBackAsItself) {
    ASSERT_EQ(
        run({"--hop", "02:13", "--label", "a \"b\"", "c#d", "--force", "-o", "d ir/x", "--dump-config"}), 0);
    EXPECT_EQ(out_,
              "[train]\noutput = \"d ir/x\"\nhop = 133\njobs = 1\nforce = true\n"
              "label = [\"a \\\"b\\\"\", \"c#d\"]\nmode = \"fast\"\n");
    const std::string dumped = out_;
    const auto config = file("dumped.toml", dumped);
    ASSERT_EQ(run({"--config", config.c_str(), "--dump-config"}), 0);
    EXPECT_EQ(out_, dumped);
    ASSERT_EQ(run({"convert", "--to", "csv", "--dump-config"}), 0);
    EXPECT_THAT(out_, HasSubstr("\n[train.convert]\nto = \"csv\"\n"));
}

TEST_F(RunTool, CommandLineCanBeTypedAgain) {
    ASSERT_EQ(run({"-o", "it's here", "--mode", "good"}), 0);
    EXPECT_EQ(seen_line, "earshot train -o 'it'\\''s here' --mode good");
}

TEST(SharedOptions, ZeroJobsMeansEveryProcessor) {
    EXPECT_EQ(effective_jobs(3), 3);
    EXPECT_GE(effective_jobs(0), 1);
}

}  // namespace
}  // namespace earshot::tools
