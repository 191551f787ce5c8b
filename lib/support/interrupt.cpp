#include "support/interrupt.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "support/error.h"

namespace earshot {
namespace {

// Atomic: the handler runs on one thread, and others read these.
std::atomic<int> received = 0;
std::atomic<std::int64_t> received_ms = 0;
std::atomic<void (*)()> restore_before_kill = nullptr;
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "a signal handler must not wait for a lock");

std::int64_t now_ms() {  // callable in a signal handler
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

extern "C" void remember_signal(int number) {
    const int error = errno;  // of the interrupted code
    if (received == 0) {
        received_ms = now_ms();
        received = number;
    } else if (now_ms() - received_ms >= 500) {
        if (const auto restore = restore_before_kill.load()) restore();
        std::signal(number, SIG_DFL);
        std::raise(number);
    }
    errno = error;
}

}  // namespace

void handle_interrupts() {
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction action {};
        ::sigaction(number, nullptr, &action);
        if (action.sa_handler == SIG_IGN) continue;  // as under nohup, or in a background job of a shell
        action.sa_handler = remember_signal;
        action.sa_flags = 0;  // no SA_RESTART: a blocked read must return
        ::sigaction(number, &action, nullptr);
    }
}

void before_kill(void (*restore)()) { restore_before_kill = restore; }

bool interrupted() { return received != 0; }

int interrupt_signal() { return received; }

void check_interrupt() {
    if (interrupted()) throw Interrupted();
}

}  // namespace earshot
