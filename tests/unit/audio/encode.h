#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace earshot {

/// Encodes with the ffmpeg program: another program than the one tested, though the same libraries decode.
inline void encode(const std::string& from, const std::string& to, const std::string& options = {}) {
    const auto command = fmt::format("ffmpeg -nostdin -v error -y -i '{}' {} '{}'", from, options, to);
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

/// Bytes behind a pipe, written by a thread: path() opens the reading end once more.
class Pipe {
 public:
    /// @param times  how often the bytes are written
    explicit Pipe(std::string bytes, int times = 1) {
        if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        writer_ = std::thread([this, bytes = std::move(bytes), times] {
            for (int i = 0; i < times; ++i) {
                if (!write_all(bytes)) break;
            }
            ::close(ends_[1]);
        });
    }
    ~Pipe() {
        ::close(ends_[0]);
        writer_.join();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    std::string path() const { return fmt::format("/proc/self/fd/{}", ends_[0]); }
    int reading_end() const { return ends_[0]; }

 private:
    bool write_all(std::string_view rest) {
        while (!rest.empty()) {
            const ssize_t written = ::write(ends_[1], rest.data(), rest.size());
            if (written < 0) return false;
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        return true;
    }
    int ends_[2];
    std::thread writer_;
};

/// Standard input is another descriptor for a while.
class ScopedStandardInput {
 public:
    explicit ScopedStandardInput(int descriptor) : saved_(::dup(STDIN_FILENO)) {
        ::dup2(descriptor, STDIN_FILENO);
    }
    ~ScopedStandardInput() {
        ::dup2(saved_, STDIN_FILENO);
        ::close(saved_);
    }
    ScopedStandardInput(const ScopedStandardInput&) = delete;
    ScopedStandardInput& operator=(const ScopedStandardInput&) = delete;

 private:
    int saved_;
};

}  // namespace earshot
