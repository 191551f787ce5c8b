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

/// Writes to a descriptor on its own thread, immediately and in whole lines as far as the system allows. A
/// slow or stopped reader does not block the caller until kMaxWaiting bytes are queued.
class BackgroundOutput : public Output {
 public:
    static constexpr std::size_t kMaxWaiting = std::size_t{1} << 20;

    /// @param name  for messages: "standard output"
    BackgroundOutput(int descriptor, std::string name);
    /// Discards what has not been read.
    ~BackgroundOutput() override;

    /// @throws the error of an earlier write: WriteError, BrokenPipe
    void write(std::string_view bytes) override;
    void flush() override {}
    /// For callers that write rarely. @throws as write() would, and BrokenPipe if the reader has closed the
    /// pipe
    void check();
    /// Waits until everything is written, but at most two seconds once the user has asked to stop
    /// (interrupt.h).
    /// @throws WriteError if that fails, or if the reader does not read
    void close() override;

 private:
    void run();
    bool write_some(std::string_view bytes, std::size_t& written);
    void rethrow();

    const int descriptor_;
    const std::string name_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string waiting_;  // not yet written, including what is being written
    bool closing_ = false, abandoned_ = false, done_ = false;
    std::exception_ptr failure_;
    std::jthread thread_;
};

}  // namespace earshot
