#include "audio/byte_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "support/error.h"

namespace earshot::audio {
namespace {

constexpr int kPoll_ms = 200;

}  // namespace

ByteInput::ByteInput(const std::string& path, std::function<bool()> stop)
    : name_(path == "-" ? "standard input" : path), stop_(std::move(stop)) {
    owned_ = path != "-";
    descriptor_ = owned_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (descriptor_ < 0) throw system_error(name_);
    try {
        struct stat info {};
        if (::fstat(descriptor_, &info) != 0) throw system_error(name_);
        if (S_ISDIR(info.st_mode)) throw Error(fmt::format("{}: a directory, not a recording", name_));
        if (S_ISREG(info.st_mode)) {
            base_ = std::max<std::int64_t>(0, owned_ ? 0 : ::lseek(descriptor_, 0, SEEK_CUR));
            size_ = std::max<std::int64_t>(0, info.st_size - base_);
        }
        if (peek_at(0, 1).empty()) {
            throw_if_failed();
            throw Error(fmt::format("{}: empty file, no sound in it", name_));
        }
    } catch (...) {
        if (owned_) ::close(descriptor_);
        throw;
    }
}

ByteInput::~ByteInput() {
    if (owned_) ::close(descriptor_);
}

/// Waits until a pipe has data or ends. Polls stop_, since a signal may go to another thread.
/// @return false to give up
bool ByteInput::wait_for_data() noexcept {
    pollfd pipe{descriptor_, POLLIN, 0};
    while (!stop_()) {
        if (::poll(&pipe, 1, kPoll_ms) > 0) return true;
    }
    error_ = EINTR;
    return false;
}

std::int64_t ByteInput::read_descriptor(std::int64_t position, std::span<std::byte> destination) noexcept {
    while (true) {
        if (!size_ && !wait_for_data()) return -1;
        const ssize_t got =
            size_ ? ::pread(descriptor_, destination.data(), destination.size(), base_ + position)
                  : ::read(descriptor_, destination.data(), destination.size());
        // If the same interrupt ended the writer of a pipe, this is not the end of the recording.
        const bool stopped = got == 0 && !size_ && stop_();
        if (got >= 0 && !stopped) return got;
        if (!stopped && errno == EINTR && !stop_()) continue;
        error_ = stopped ? EINTR : errno;
        return -1;
    }
}

/// Reads until `destination` is full or the input ends.
std::size_t ByteInput::fill(std::int64_t position, std::span<std::byte> destination) noexcept {
    std::size_t have = 0;
    while (have < destination.size()) {
        const auto at = position + static_cast<std::int64_t>(have);
        const std::int64_t got = read_descriptor(at, destination.subspan(have));
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    return have;
}

std::span<const std::byte> ByteInput::peek_at(std::int64_t offset, std::size_t bytes) {
    if (size_) {
        peeked_.resize(bytes);
        return std::span(peeked_).first(fill(offset, peeked_));
    }
    if (offset + static_cast<std::int64_t>(bytes) > kMaxPeek) return {};
    const auto begin = static_cast<std::size_t>(offset);
    const std::size_t have = peeked_.size();
    if (have < begin + bytes) {
        peeked_.resize(begin + bytes);
        const auto position = static_cast<std::int64_t>(have);
        peeked_.resize(have + fill(position, std::span(peeked_).subspan(have)));
    }
    return std::span(peeked_).subspan(std::min(begin, peeked_.size()));
}

std::int64_t ByteInput::read(std::span<std::byte> destination) noexcept {
    const auto begin = static_cast<std::size_t>(position_);
    std::int64_t got = 0;
    if (!size_ && begin < peeked_.size()) {
        const std::size_t take = std::min(destination.size(), peeked_.size() - begin);
        std::copy_n(peeked_.begin() + static_cast<std::ptrdiff_t>(begin), take, destination.begin());
        got = static_cast<std::int64_t>(take);
    } else {
        got = read_descriptor(position_, destination);
    }
    if (got > 0) position_ += got;
    return got;
}

bool ByteInput::seek(std::int64_t position) noexcept {
    if (!size_ || position < 0 || position > *size_) return false;
    position_ = position;
    return true;
}

void ByteInput::throw_if_failed() const {
    if (error_ == 0) return;
    if (error_ == EINTR) check_interrupt();
    throw Error(fmt::format("{}: {}", name_, std::strerror(error_)));
}

}  // namespace earshot::audio
