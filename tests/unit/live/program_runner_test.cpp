#include "live/program_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/error.h"

namespace earshot::live {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kPatience_s = 60;

std::string content(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

class ProgramRunnerTest : public testing::Test {
 protected:
    ProgramRunnerTest() {
        std::string pattern = (fs::temp_directory_path() / "earshot-run-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
        directory_ = pattern;
    }
    ~ProgramRunnerTest() override { fs::remove_all(directory_); }
    static std::vector<std::string> shell(const std::string& script) { return {"sh", "-c", script}; }

    fs::path directory_;
};

TEST(ParseProgram, TakesWordsApartAsAShellDoes) {
    ::setenv("EARSHOT_TEST_NAME", "two words", 1);
    EXPECT_THAT(parse_program(R"(sh -c 'echo "a  b"' "$EARSHOT_TEST_NAME" x\ y)"),
                ElementsAre("sh", "-c", "echo \"a  b\"", "two words", "x y"));
    ::unsetenv("EARSHOT_TEST_NAME");
}

TEST(ParseProgram, RefusesWhatOnlyAShellCanDoAndWhatIsNotThere) {
    for (const char* text : {"", "sh | cat", "sh > file", "sh $(id)", "sh `id`", "sh; sh", "sh 'open",
                             "no-such-program-here", "/no/such/program", "/tmp"})
        EXPECT_THROW(parse_program(text), UsageError) << text;
}

TEST_F(ProgramRunnerTest, GivesAProgramItsTextAndVariables) {
    ProgramRunner runner(shell("cat > \"$TARGET\"; echo \"$LABEL\" >> \"$TARGET\""));
    const std::string text(100'000, 'x');  // more than a pipe holds
    EXPECT_TRUE(runner.start({{"TARGET", directory_ / "a"}, {"LABEL", "robin; rm -rf /"}}, text));
    EXPECT_TRUE(runner.start({{"TARGET", directory_ / "b"}, {"LABEL", "wren"}}, ""));
    runner.finish(kPatience_s);
    EXPECT_EQ(content(directory_ / "a"), text + "robin; rm -rf /\n");
    EXPECT_EQ(content(directory_ / "b"), "wren\n");
    EXPECT_EQ(runner.totals().started, 2);
    EXPECT_EQ(runner.totals().failed, 0);
}

TEST_F(ProgramRunnerTest, AProgramNeedNotReadItsText) {
    ProgramRunner runner({"true"});
    EXPECT_TRUE(runner.start({}, std::string(1 << 20, 'x')));
    runner.finish(kPatience_s);
    EXPECT_EQ(runner.totals().started, 1);
    EXPECT_EQ(runner.totals().failed, 0);
}

TEST_F(ProgramRunnerTest, CountsWhatFailsAndKeepsTheFirstProblem) {
    {
        ProgramRunner runner({"false"});
        for (int i = 0; i < 3; ++i) runner.start({}, "");
        runner.finish(kPatience_s);
        EXPECT_EQ(runner.totals().failed, 3);
        EXPECT_EQ(runner.totals().problem, "exited with status 1");
    }
    ProgramRunner killed(shell("kill -9 $$"));
    killed.start({}, "");
    killed.finish(kPatience_s);
    EXPECT_EQ(killed.totals().problem, "killed by signal 9");
    ProgramRunner missing({"/no/such/program"});
    missing.start({}, "");
    missing.finish(kPatience_s);
    EXPECT_EQ(missing.totals().failed, 1);
    EXPECT_THAT(missing.totals().problem, HasSubstr("No such file"));
}

/// Each program notes how many run at the same time as itself.
TEST_F(ProgramRunnerTest, AFewRunAtOnceAndTheOthersWait) {
    const auto running = directory_ / "running", most = directory_ / "most";
    fs::create_directory(running);
    ProgramRunner runner(shell("cd '" + running.string() + "'; : > $$; ls | wc -l >> '" + most.string() +
                               "'; sleep 0.05; rm $$"));
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(runner.start({}, ""));
    runner.finish(kPatience_s);
    EXPECT_EQ(runner.totals().started, 20);
    std::istringstream counts(content(most));
    std::vector<std::size_t> seen;
    for (std::size_t count; counts >> count;) seen.push_back(count);
    ASSERT_EQ(seen.size(), 20u);
    EXPECT_LE(std::ranges::max(seen), ProgramRunner::kMaxRunning);
}

TEST_F(ProgramRunnerTest, DropsWhatIsTooMuchWithoutWaiting) {
    const auto go = directory_ / "go";
    ProgramRunner runner(shell("while ! [ -e '" + go.string() + "' ]; do sleep 0.02; done"));
    std::int64_t taken = 0;
    constexpr std::int64_t kOffered = 400;
    for (std::int64_t i = 0; i < kOffered; ++i) taken += runner.start({}, "") ? 1 : 0;
    EXPECT_GE(taken, static_cast<std::int64_t>(ProgramRunner::kMaxWaiting));
    EXPECT_LE(taken, static_cast<std::int64_t>(ProgramRunner::kMaxWaiting + ProgramRunner::kMaxRunning));
    EXPECT_EQ(runner.totals().dropped, kOffered - taken);
    runner.finish(0.1);  // gives up those that wait
    const auto totals = runner.totals();
    EXPECT_EQ(totals.started + totals.dropped, kOffered);
    EXPECT_LE(totals.started, static_cast<std::int64_t>(ProgramRunner::kMaxRunning));
    std::ofstream(go) << "";
    runner.finish(kPatience_s);
}

}  // namespace
}  // namespace earshot::live
