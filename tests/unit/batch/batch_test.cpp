#include "batch/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "batch/shard.h"
#include "support/output.h"

namespace earshot::batch {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Without the sync of write_text(), which is slow a thousand times.
void overwrite(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// A console whose messages can be read back.
class Messages {
 public:
    Messages() : file_(std::tmpfile()), console_(file_, "test") {}
    ~Messages() { std::fclose(file_); }
    Console& console() { return console_; }
    std::string text() const {
        std::string text(4096, '\0');
        std::rewind(file_);
        text.resize(std::fread(text.data(), 1, text.size(), file_));
        return text;
    }

 private:
    std::FILE* file_;
    Console console_;
};

class BatchTest : public ::testing::Test {
 protected:
    BatchTest() {
        std::string name = ::testing::TempDir() + "earshot-batch-XXXXXX";
        directory_ = ::mkdtemp(name.data());
    }
    ~BatchTest() override { fs::remove_all(directory_); }

    std::string path(const std::string& name) const { return (directory_ / name).string(); }

    /// Files in which there is a number each.
    std::vector<std::string> make_inputs(std::size_t count) const {
        std::vector<std::string> inputs;
        for (std::size_t i = 0; i < count; ++i) {
            inputs.push_back(path(fmt::format("in{}", i)));
            write_text(inputs.back(), std::to_string(i));
        }
        return inputs;
    }

    /// The work of these tests: a line of text from each file, appended in order.
    struct Run {
        std::string output;
        std::multiset<std::string> worked_on;
        BatchStatus status = BatchStatus::ok;
        std::string messages;
    };
    Run run(const std::vector<std::string>& inputs, std::size_t jobs, std::size_t together = 1,
            const Json& settings = {{"version", 1}}) const {
        Run result;
        std::mutex mutex;
        Messages messages;
        Journal journal(path(".journal"), settings);
        Batch batch(inputs, {"", {}, "the rest was used"}, messages.console());
        batch.use_journal(journal, [](std::size_t) { return true; });
        batch.run_together<std::string>(
            jobs, together,
            [&](std::span<const std::size_t> indices, int) {
                std::vector<Outcome<std::string>> outcomes;
                for (const std::size_t i : indices) {
                    outcomes.push_back(attempt<std::string>(inputs[i], [&](auto& outcome) {
                        const std::lock_guard lock(mutex);
                        result.worked_on.insert(inputs[i]);
                        outcome.result = "line " + read_text(inputs[i]) + "\n";
                    }));
                }
                return outcomes;
            },
            [&](std::size_t, const std::string& line) { result.output += line; });
        result.status = batch.status();
        result.messages = messages.text();
        return result;  // like a run that dies before finish()
    }

    fs::path directory_;
};

std::string expected(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += fmt::format("line {}\n", i);
    return text;
}

TEST_F(BatchTest, ResultsComeInOrderWhateverJobsAndGroups) {
    const auto inputs = make_inputs(20);
    for (const std::size_t jobs : {1, 2, 5}) {
        for (const std::size_t together : {1, 3, 50}) {
            fs::remove(path(".journal"));
            const auto result = run(inputs, jobs, together);
            EXPECT_EQ(result.output, expected(20));
            EXPECT_EQ(result.worked_on.size(), 20u);
            EXPECT_EQ(result.status, BatchStatus::ok);
        }
    }
}

TEST_F(BatchTest, AnInputThatFailsIsNamedAndTheOthersGoOn) {
    auto inputs = make_inputs(4);
    inputs[1] = path("nowhere");
    const auto result = run(inputs, 2);
    EXPECT_EQ(result.output, "line 0\nline 2\nline 3\n");
    EXPECT_EQ(result.status, BatchStatus::partial);
    EXPECT_NE(result.messages.find("test: " + path("nowhere") + ": cannot open"), std::string::npos)
        << result.messages;
    EXPECT_EQ(std::ranges::count(result.messages, '\n'), 1);
}

TEST_F(BatchTest, StatusIsFailureOnlyIfAllInputsFail) {
    EXPECT_EQ(run({path("a"), path("b")}, 2).status, BatchStatus::failure);
    EXPECT_EQ(run({}, 2).status, BatchStatus::ok);
}

TEST_F(BatchTest, DamageIsToldOnceForEachInputAndMakesTheStatusPartial) {
    Messages messages;
    Batch batch({"a", "b"}, {"", {}, "the rest was used"}, messages.console());
    batch.run<Nothing>(
        1,
        [](std::size_t i, int, Outcome<Nothing>& outcome) {
            outcome.damage = i == 0 ? std::vector<std::string>{"at 1 s: x"}
                                    : std::vector<std::string>{"at 1 s: x", "at 2 s: y", "at 3 s: z"};
        },
        [](std::size_t, Nothing) {});
    EXPECT_EQ(messages.text(),
              "test: warning: a: damaged at 1 s: x; the rest was used\n"
              "test: warning: b: damaged at 1 s: x and in 2 more places; the rest was used\n");
    EXPECT_EQ(batch.finish(), BatchStatus::partial);
}

TEST_F(BatchTest, WhatWouldFailEveryInputStopsTheBatch) {
    const auto stops = [](const auto& error) {
        Messages messages;
        std::size_t done = 0;
        Batch batch(std::vector<std::string>(100, "x"), {}, messages.console());
        batch.run<Nothing>(
            1,
            [&](std::size_t i, int, Outcome<Nothing>&) {
                if (i == 3) throw error;
                ++done;
            },
            [](std::size_t, Nothing) {});
        return done;
    };
    EXPECT_THROW(stops(UsageError("no")), UsageError);
    EXPECT_THROW(stops(WriteError("disk full")), WriteError);
    EXPECT_EQ(stops(Error("unreadable")), 99u);
}

TEST_F(BatchTest, ProblemsAreTakenInOrderWithResults) {
    Messages messages;
    std::string taken;
    BatchSettings settings;
    settings.on_problem = [&](std::size_t i, const std::string&) { taken += fmt::format("-{}", i); };
    Batch batch(std::vector<std::string>(6, "x"), settings, messages.console());
    batch.run<Nothing>(
        3,
        [](std::size_t i, int, Outcome<Nothing>&) {
            if (i % 3 == 0) throw Error("no");
        },
        [&](std::size_t i, Nothing) { taken += fmt::format("+{}", i); });
    EXPECT_EQ(taken, "-0+1+2-3+4+5");
}

/// A kill leaves a journal that ends anywhere.
TEST_F(BatchTest, ARerunEqualsAnUndisturbedRunWhereverTheJournalWasCut) {
    const auto inputs = make_inputs(4);
    run(inputs, 1);
    const auto whole = read_text(path(".journal"));
    ASSERT_EQ(std::ranges::count(whole, '\n'), 5);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        overwrite(path(".journal"), whole.substr(0, size));
        const auto lines = static_cast<std::size_t>(std::ranges::count(whole.substr(0, size), '\n'));
        const auto result = run(inputs, 1 + size % 3, 1 + size % 2);
        EXPECT_EQ(result.output, expected(4)) << size;
        EXPECT_EQ(result.worked_on.size(), 4 - std::min<std::size_t>(4, std::max<std::size_t>(1, lines) - 1))
            << size;
        // And the journal is whole again.
        EXPECT_TRUE(run(inputs, 1).worked_on.empty()) << size;
    }
}

TEST_F(BatchTest, GarbageInTheJournalIsCutOff) {
    const auto inputs = make_inputs(5);
    run(inputs, 1);
    const auto whole = read_text(path(".journal"));
    for (const std::string& garbage : {std::string("{\"input\":3}\n"), std::string("\0\0\0\n", 4),
                                       std::string("{}\n"), std::string("[[[[\n"), std::string("\xff\n")}) {
        const auto third = whole.find('\n', whole.find('\n', whole.find('\n') + 1) + 1) + 1;
        write_text(path(".journal"), whole.substr(0, third) + garbage + whole.substr(third));
        const auto result = run(inputs, 2);
        EXPECT_EQ(result.output, expected(5));
        EXPECT_EQ(result.worked_on.size(), 3u);
    }
}

TEST_F(BatchTest, AJournalOfOtherSettingsCountsForNothing) {
    const auto inputs = make_inputs(3);
    run(inputs, 1);
    EXPECT_EQ(run(inputs, 1, 1, {{"version", 2}}).worked_on.size(), 3u);
    EXPECT_TRUE(run(inputs, 1, 1, {{"version", 2}}).worked_on.empty());
    EXPECT_EQ(run(inputs, 1).worked_on.size(), 3u);
}

TEST_F(BatchTest, AnInputThatHasChangedIsDoneAgain) {
    const auto inputs = make_inputs(3);
    run(inputs, 1);
    write_text(inputs[1], "one");
    const auto result = run(inputs, 1);
    EXPECT_EQ(result.output, "line 0\nline one\nline 2\n");
    EXPECT_EQ(result.worked_on, std::multiset{inputs[1]});
}

TEST_F(BatchTest, AnInputThatFailedIsTriedAgainInItsPlace) {
    auto inputs = make_inputs(3);
    fs::remove(inputs[1]);
    EXPECT_EQ(run(inputs, 1).output, "line 0\nline 2\n");
    write_text(inputs[1], "1");
    EXPECT_EQ(run(inputs, 1).output, expected(3));
}

TEST_F(BatchTest, NamesOfAnyBytesAreFoundAgain) {
    std::vector<std::string> inputs{path("a%FF"), path("a\xff"), path("\xc3\xa4 \"\n")};
    for (std::size_t i = 0; i < inputs.size(); ++i) write_text(inputs[i], std::to_string(i));
    EXPECT_EQ(run(inputs, 1).output, expected(3));
    const auto again = run(inputs, 1);
    EXPECT_EQ(again.output, expected(3));
    EXPECT_TRUE(again.worked_on.empty());
}

TEST_F(BatchTest, TheJournalGoesWhenTheBatchIsFinished) {
    const auto inputs = make_inputs(2);
    Messages messages;
    Journal journal(path(".journal"), {{"version", 1}});
    EXPECT_FALSE(fs::exists(path(".journal")));
    Batch batch(inputs, {}, messages.console());
    batch.use_journal(journal, [](std::size_t) { return true; });
    batch.run<int>(
        1, [](std::size_t, int, Outcome<int>&) {}, [](std::size_t, int) {});
    EXPECT_TRUE(fs::exists(path(".journal")));
    EXPECT_EQ(batch.finish(), BatchStatus::ok);
    EXPECT_FALSE(fs::exists(path(".journal")));
}

TEST_F(BatchTest, WhatIsIncompleteIsDoneAgain) {
    const auto inputs = make_inputs(4);
    run(inputs, 1);
    Messages messages;
    Journal journal(path(".journal"), {{"version", 1}});
    Batch batch(inputs, {}, messages.console());
    batch.use_journal(journal, [](std::size_t i) { return i != 2; });
    EXPECT_EQ(batch.done_before(), 3u);
    ASSERT_EQ(batch.todo().size(), 1u);
    EXPECT_EQ(batch.todo().front(), 2u);
}

TEST_F(BatchTest, TwoRunsDoNotShareAJournal) {
    run(make_inputs(2), 1);
    const Journal first(path(".journal"), {{"version", 1}});
    EXPECT_THROW(Journal(path(".journal"), {{"version", 1}}), Error);
}

/// Slow first input: the others are finished and noted before it.
TEST_F(BatchTest, AResultThatWaitsForAnEarlierOneIsInTheJournalAlready) {
    const auto inputs = make_inputs(6);
    Messages messages;
    Journal journal(path(".journal"), {{"version", 1}});
    Batch batch(inputs, {}, messages.console());
    batch.use_journal(journal, [](std::size_t) { return true; });
    const auto noted = [&] {
        const auto text = fs::exists(path(".journal")) ? read_text(path(".journal")) : "";
        return std::ranges::count(text, '\n');
    };
    batch.run<int>(
        2,
        [&](std::size_t i, int, Outcome<int>&) {
            for (int wait = 0; i == 0 && wait < 5000 && noted() < 6; ++wait)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (i > 0) return;
            EXPECT_EQ(noted(), 6);  // the settings and five results
        },
        [](std::size_t, int) {});
}

TEST(Shards, TileTheWhole) {
    for (const std::size_t total : {0, 1, 2, 7, 100, 1001}) {
        std::vector<std::size_t> all(total);
        for (std::size_t i = 0; i < total; ++i) all[i] = i;
        for (const std::size_t count : {1, 2, 3, 7, 1000}) {
            std::vector<std::size_t> tiled;
            std::size_t least = total, most = 0;
            for (std::size_t index = 1; index <= count; ++index) {
                const auto part = part_of(all, {index, count});
                tiled.insert(tiled.end(), part.begin(), part.end());
                least = std::min(least, part.size());
                most = std::max(most, part.size());
            }
            EXPECT_EQ(tiled, all);
            EXPECT_LE(most - least, 1u);
        }
    }
}

TEST(Shards, AreParsed) {
    const auto shard = parse_shard("2/8");
    EXPECT_EQ(shard.index, 2u);
    EXPECT_EQ(shard.count, 8u);
    EXPECT_FALSE(shard.is_first());
    for (const char* wrong :
         {"", "1", "/", "1/", "/1", "0/3", "4/3", "a/b", "1/0", "-1/2", "1/2/3", "1 /2", "1/1000001", "1/2x"})
        EXPECT_THROW(parse_shard(wrong), UsageError) << wrong;
}

}  // namespace
}  // namespace earshot::batch
