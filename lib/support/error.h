#pragma once

#include <stdexcept>
#include <string>

namespace earshot {

/// What went wrong, in one line: the file, the problem, what was expected, and a remedy in brackets.
/// lib/ throws it and never prints; main turns it into one line on stderr and status 1.
class Error : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// The request itself is wrong (conflicting options, bad value): status 2.
class UsageError : public Error {
 public:
    using Error::Error;
};

/// Output that cannot be written (disk full, no permission). It ends a batch; an unreadable input does not.
class WriteError : public Error {
 public:
    using Error::Error;
};

/// The reader of our output has closed the pipe, as with `| head -1`. The command ends silently; this is not
/// a failure.
class BrokenPipe : public std::exception {
 public:
    const char* what() const noexcept override { return "broken pipe"; }
};

/// The user asked us to stop (SIGINT, SIGTERM); see interrupt.h.
class Interrupted : public std::exception {
 public:
    const char* what() const noexcept override { return "interrupted"; }
};

/// The message without its leading "path: ", for lists that already name the path.
std::string reason(const Error& error, const std::string& path);

/// "cannot open x.wav: No such file or directory", from the current errno.
Error system_error(const std::string& what);

}  // namespace earshot
