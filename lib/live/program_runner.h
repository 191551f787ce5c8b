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

/// Splits a command line into a program and its arguments as a shell would: quotes, $VARIABLES, ~ and
/// wildcards, but no command substitution, pipes or redirections. @throws UsageError for those, and if the
/// program does not exist
std::vector<std::string> parse_program(const std::string& text);

/// Runs a program for each of many events, a few at a time, from a thread of its own. No shell is involved.
/// The program gets a text as its standard input; its standard output goes to our standard error.
/// While kMaxRunning programs run, up to kMaxWaiting runs are queued; any more are dropped and counted.
class ProgramRunner {
 public:
    static constexpr std::size_t kMaxRunning = 4, kMaxWaiting = 256;

    using Environment = std::vector<std::pair<std::string, std::string>>;  // added to our environment

    /// @param words  from parse_program
    /// @param mute   discard what programs print
    explicit ProgramRunner(std::vector<std::string> words, bool mute = false);
    /// Lets programs that still run continue.
    ~ProgramRunner();

    /// Never blocks. @return false if the run was dropped
    bool start(Environment environment, std::string input);

    struct Totals {
        std::int64_t started = 0, failed = 0, dropped = 0;  // failed: not started, or status other than 0
        std::string problem;                                // of the first failure
    };
    Totals totals() const;

    /// Waits until all runs have ended, for at most `patience_s`; drops those still queued after that.
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
