#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace earshot::live {

/// A program's name and arguments from one text, taken apart as a shell would: quotes, $VARIABLES, ~ and
/// wildcards, but no commands, pipes or redirections. @throws UsageError for those and for a program that is
/// not there
std::vector<std::string> parse_program(const std::string& text);

/// Starts a program for each of many occasions, a few at once, on a thread of its own. No shell is involved.
/// The program's standard input is a text, given whole; its standard output goes where ours for errors goes.
/// Occasions wait while kMaxRunning programs run, at most kMaxWaiting of them; more are dropped and counted.
class ProgramRunner {
 public:
    static constexpr std::size_t kMaxRunning = 4, kMaxWaiting = 256;

    using Environment = std::vector<std::pair<std::string, std::string>>;  // added to ours

    /// @param words  from parse_program
    /// @param mute   what programs print is dropped
    explicit ProgramRunner(std::vector<std::string> words, bool mute = false);
    /// Leaves those that still run alone.
    ~ProgramRunner();

    /// Never waits. @return false if the occasion was dropped
    bool start(Environment environment, std::string input);

    struct Totals {
        std::int64_t started = 0, failed = 0, dropped = 0;  // failed: could not be started, or status not 0
        std::string problem;                                // of the first that failed
    };
    Totals totals() const;

    /// Waits until all have been started and have ended, or for `patience_s`. What waits then is dropped.
    void finish(double patience_s);

 private:
    struct Job {
        Environment environment;
        std::string input;
    };
    struct Child {
        pid_t pid;
        int descriptor;  // pidfd
    };
    void run();
    void launch(const Job& job);
    void reap(const Child& child);
    void fail(const std::string& problem);

    const std::vector<std::string> words_;
    const bool mute_;
    int wakeup_;  // eventfd
    mutable std::mutex mutex_;
    std::condition_variable idle_;
    std::deque<Job> waiting_;
    std::vector<Child> running_;
    Totals totals_;
    bool stop_ = false;
    std::jthread thread_;
};

}  // namespace earshot::live
