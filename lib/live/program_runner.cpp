#include "live/program_runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "support/error.h"

extern "C" {  // glibc 2.36 forgets to say so
#include <sys/pidfd.h>
}

namespace earshot::live {
namespace {

bool is_program(const std::string& path) {
    return ::access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path);
}

bool is_on_path(const std::string& name) {
    if (name.find('/') != std::string::npos) return is_program(name);
    const char* path = std::getenv("PATH");
    std::istringstream directories(path ? path : "/usr/bin:/bin");
    for (std::string directory; std::getline(directories, directory, ':');)
        if (is_program((directory.empty() ? "." : directory) + "/" + name)) return true;
    return false;
}

/// A descriptor from which `text` can be read. A program that does not read it cannot block us.
int descriptor_of(const std::string& text) {
    const int descriptor = ::memfd_create("event", MFD_CLOEXEC);
    if (descriptor < 0) return -1;
    const bool whole = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (whole && ::lseek(descriptor, 0, SEEK_SET) == 0) return descriptor;
    ::close(descriptor);
    return -1;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Our environment, with some variables added or replaced.
std::vector<std::string> environment_with(const ProgramRunner::Environment& added) {
    std::vector<std::string> all;
    const auto is_replaced = [&](std::string_view variable) {
        return std::ranges::any_of(
            added, [&](const auto& pair) { return variable.substr(0, variable.find('=')) == pair.first; });
    };
    for (char** variable = environ; *variable; ++variable)
        if (!is_replaced(*variable)) all.emplace_back(*variable);
    for (const auto& [name, value] : added)
        all.push_back(fmt::format("{}={}", name, value.substr(0, value.find('\0'))));
    return all;
}

}  // namespace

std::vector<std::string> parse_program(const std::string& text) {
    wordexp_t expanded{};
    const int status = ::wordexp(text.c_str(), &expanded, WRDE_NOCMD);
    if (status != 0) {
        throw UsageError(
            fmt::format("--on-event: '{}' is not a program with arguments (no shell is involved; put {} "
                        "into a script)",
                        text, status == WRDE_SYNTAX ? "it" : "commands, pipes and redirections"));
    }
    std::vector<std::string> words(expanded.we_wordv, expanded.we_wordv + expanded.we_wordc);
    ::wordfree(&expanded);
    if (words.empty() || !is_on_path(words[0]))
        throw UsageError(fmt::format("--on-event: program {} not found", words.empty() ? "''" : words[0]));
    return words;
}

ProgramRunner::ProgramRunner(std::vector<std::string> words, bool mute)
    : words_(std::move(words)), mute_(mute), wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wakeup_ < 0) throw system_error("cannot make an event descriptor");
    thread_ = std::jthread([this] { run(); });
}

ProgramRunner::~ProgramRunner() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    ::eventfd_write(wakeup_, 1);
    thread_.join();
    ::close(wakeup_);
}

bool ProgramRunner::start(Environment environment, std::string input) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) {
        ++totals_.dropped;
        return false;
    }
    waiting_.push_back({std::move(environment), std::move(input)});
    ::eventfd_write(wakeup_, 1);
    return true;
}

ProgramRunner::Totals ProgramRunner::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

void ProgramRunner::finish(double patience_s) {
    std::unique_lock lock(mutex_);
    idle_.wait_for(lock, std::chrono::duration<double>(patience_s),
                   [&] { return waiting_.empty() && running_.empty(); });
    totals_.dropped += static_cast<std::int64_t>(waiting_.size());
    waiting_.clear();
}

void ProgramRunner::run() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (true) {
        std::vector<pollfd> watched{{wakeup_, POLLIN, 0}};
        {
            std::unique_lock lock(mutex_);
            if (stop_) break;
            while (!waiting_.empty() && running_.size() < kMaxRunning) {
                const Job job = std::move(waiting_.front());
                waiting_.pop_front();
                launch(job);
            }
            if (waiting_.empty() && running_.empty()) idle_.notify_all();
            for (const auto& child : running_) watched.push_back({child.descriptor, POLLIN, 0});
        }
        ::poll(watched.data(), watched.size(), -1);
        eventfd_t count = 0;
        ::eventfd_read(wakeup_, &count);
        const std::lock_guard lock(mutex_);
        std::erase_if(running_, [&](const Child& child) {
            const auto at = std::ranges::find(watched, child.descriptor, &pollfd::fd);
            if (at == watched.end() || at->revents == 0) return false;
            reap(child);
            return true;
        });
    }
    for (const auto& child : running_) ::close(child.descriptor);
}

void ProgramRunner::launch(const Job& job) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    const int input = descriptor_of(job.input);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (mute_) {
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    } else {
        ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    }
    // Reset blocked and ignored signals. A process group of its own keeps ^C away from the program.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    auto words = words_;
    auto environment = environment_with(job.environment);
    pid_t pid = -1;
    const int status = ::posix_spawnp(&pid, words[0].c_str(), &actions, &attributes,
                                      pointers_to(words).data(), pointers_to(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (input >= 0) ::close(input);
    ++totals_.started;
    if (status != 0) {
        fail(std::strerror(status));
        return;
    }
    const int descriptor = ::pidfd_open(pid, 0);
    if (descriptor < 0) {
        fail("pidfd_open failed");
    } else {
        running_.push_back({pid, descriptor});
    }
}

void ProgramRunner::reap(const Child& child) {
    ::close(child.descriptor);
    int status = 0;
    if (::waitpid(child.pid, &status, 0) != child.pid || status == 0) return;
    fail(WIFSIGNALED(status) ? fmt::format("killed by signal {}", WTERMSIG(status))
                             : fmt::format("exited with status {}", WEXITSTATUS(status)));
}

void ProgramRunner::fail(const std::string& problem) {
    if (totals_.failed++ == 0) totals_.problem = problem;
}

}  // namespace earshot::live
