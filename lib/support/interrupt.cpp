#include "support/interrupt.h"

#include <csignal>

#include "support/error.h"

namespace earshot {
namespace {

volatile std::sig_atomic_t received = 0;

extern "C" void remember_signal(int number) {
    received = number;
    std::signal(number, SIG_DFL);
}

}  // namespace

void handle_interrupts() {
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction action {};
        ::sigaction(number, nullptr, &action);
        if (action.sa_handler == SIG_IGN) continue;  // nohup and background jobs of a shell keep ignoring it
        action.sa_handler = remember_signal;
        action.sa_flags = 0;  // no SA_RESTART: a blocked read must return
        ::sigaction(number, &action, nullptr);
    }
}

bool interrupted() { return received != 0; }

int interrupt_signal() { return received; }

void check_interrupt() {
    if (interrupted()) throw Interrupted();
}

}  // namespace earshot
