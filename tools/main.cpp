// main() of every command.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "support/denormals.h"
#include "support/interrupt.h"
#include "tools/tool.h"

int main(int argc, char** argv) {
    using namespace earshot;
    flush_denormals_to_zero();
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe becomes EPIPE, hence BrokenPipe
    std::signal(SIGXFSZ,
                SIG_IGN);  // a file over the limit of ulimit -f becomes EFBIG, an error like a full disk
    handle_interrupts();
    // A closed standard stream would let the next file opened pose as stdin, stdout or stderr.
    for (int descriptor = 0; descriptor < 3; ++descriptor) {
        // Read-only for stdout, so that what cannot be delivered is an error and not lost without a word.
        const int mode = descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR;
        if (::fcntl(descriptor, F_GETFD) < 0 && ::open("/dev/null", mode) != descriptor) return 1;
    }
    DescriptorOutput out(STDOUT_FILENO, "standard output");
    const int status = tools::run_tool(tools::tool, argc, argv, out, stderr);
    if (status == 128 + interrupt_signal() && interrupted()) {
        std::signal(interrupt_signal(), SIG_DFL);
        std::raise(interrupt_signal());  // so that the shell sees what ended us
    }
    return status;
}
