#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "support/output.h"

namespace earshot {

/// Writes to a descriptor on a thread of its own, at once and in whole lines as far as the system allows, so
/// that a reader who is slow or stopped does not hold up who writes, until kMaxWaiting bytes wait; then it
/// does.
class BackgroundOutput : public Output {
 public:
    static constexpr std::size_t kMaxWaiting = std::size_t{1} << 20;

    /// @param name  for messages: "standard output"
    BackgroundOutput(int descriptor, std::string name);
    /// Drops what nobody takes.
    ~BackgroundOutput() override;

    /// @throws what a write before it has met: WriteError, BrokenPipe
    void write(std::string_view bytes) override;
    void flush() override {}
    /// For who has nothing to write for long: @throws as write() would, and BrokenPipe if the reader has gone
    void check();
    /// Waits until all is written; once the user has asked to stop (interrupt.h), for two more seconds only.
    /// @throws WriteError if it could not be, also for a reader who takes nothing
    void close() override;

 private:
    void run();
    bool write_some(std::string_view bytes, std::size_t& written);
    void rethrow();

    const int descriptor_;
    const std::string name_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string waiting_;  // not yet written, what is being written included
    bool closing_ = false, abandoned_ = false, done_ = false;
    std::exception_ptr failure_;
    std::jthread thread_;
};

}  // namespace earshot
