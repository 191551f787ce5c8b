#include "support/open_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "support/error.h"

namespace earshot {
namespace {

/// A descriptor that was open before we began, by the names that the system gives it.
bool is_open_descriptor(const std::string& path) {
    return path == "/dev/stdin" || path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
}

const char* kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "is a directory";
    if (S_ISFIFO(mode)) return "is a named pipe, not a file";
    if (S_ISSOCK(mode)) return "is a socket, not a file";
    return "is a device, not a file";
}

}  // namespace

Descriptor open_input(const std::string& path, Pipes pipes) {
    const bool any_pipe = pipes == Pipes::accepted || is_open_descriptor(path);
    // O_NONBLOCK: a pipe without a writer is opened at once, and then refused.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (any_pipe ? 0 : O_NONBLOCK)));
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0) throw system_error(fmt::format("cannot open {}", path));
    const bool stream = S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || S_ISCHR(info.st_mode);
    const bool accepted =
        S_ISREG(info.st_mode) || (is_open_descriptor(path) ? stream : any_pipe && S_ISFIFO(info.st_mode));
    if (!accepted) throw Error(fmt::format("{}: {}", path, kind_of(info.st_mode)));
    if (!any_pipe)
        ::fcntl(file.get(), F_SETFL, 0);  // O_NONBLOCK means nothing to a regular file, but be plain
    return file;
}

}  // namespace earshot
