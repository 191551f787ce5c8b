#include "support/background_output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <utility>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot {
namespace {

using namespace std::chrono_literals;

constexpr auto kPoll = 100ms;
constexpr std::chrono::milliseconds kPatience = 2s;

/// Other threads handle signals.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

BackgroundOutput::BackgroundOutput(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)), thread_([this] { run(); }) {}

BackgroundOutput::~BackgroundOutput() {
    const std::lock_guard lock(mutex_);
    closing_ = abandoned_ = true;
    changed_.notify_all();
}

void BackgroundOutput::write(std::string_view bytes) {
    std::unique_lock lock(mutex_);
    while (!failure_ && waiting_.size() >= kMaxWaiting && !interrupted()) changed_.wait_for(lock, kPoll);
    rethrow();
    waiting_ += bytes;
    changed_.notify_all();
}

void BackgroundOutput::check() {
    const std::lock_guard lock(mutex_);
    rethrow();
    pollfd pipe{descriptor_, 0, 0};
    if (::poll(&pipe, 1, 0) > 0 && (pipe.revents & POLLERR) != 0) throw BrokenPipe();
}

void BackgroundOutput::close() {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    std::chrono::milliseconds left = kPatience;
    while (!done_ && left > 0ms) {
        const auto before = waiting_.size();
        if (changed_.wait_for(lock, kPoll) == std::cv_status::timeout && interrupted()) left -= kPoll;
        if (waiting_.size() < before) left = kPatience;
    }
    rethrow();
    if (done_) return;
    abandoned_ = true;
    throw WriteError(
        fmt::format("cannot write {}: the reader does not accept the last {} bytes", name_, waiting_.size()));
}

void BackgroundOutput::rethrow() {
    if (failure_) std::rethrow_exception(failure_);
}

void BackgroundOutput::run() {
    block_signals();
    std::unique_lock lock(mutex_);
    try {
        while (true) {
            changed_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
            if (waiting_.empty() || abandoned_) break;
            // Other threads may append meanwhile. Whole lines of up to PIPE_BUF bytes are not split.
            const std::string some = waiting_.substr(0, PIPE_BUF);
            lock.unlock();
            std::size_t written = 0;
            const bool taken = write_some(some, written);
            lock.lock();
            waiting_.erase(0, written);
            if (taken) changed_.notify_all();
        }
    } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        failure_ = std::current_exception();
    }
    done_ = !abandoned_;
    changed_.notify_all();
}

/// @return false if the reader is not ready. Never waits longer than kPoll: a pipe that is ready accepts
/// PIPE_BUF bytes without blocking.
bool BackgroundOutput::write_some(std::string_view bytes, std::size_t& written) {
    pollfd ready{descriptor_, POLLOUT, 0};
    if (::poll(&ready, 1, static_cast<int>(kPoll / 1ms)) == 0) return false;
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0) {
        if (errno == EINTR || errno == EAGAIN) return false;
        if (errno == EPIPE) throw BrokenPipe();
        throw WriteError(system_error(fmt::format("cannot write {}", name_)).what());
    }
    written = static_cast<std::size_t>(count);
    return true;
}

}  // namespace earshot
