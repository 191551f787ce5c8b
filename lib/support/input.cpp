#include "support/input.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "support/error.h"
#include "support/interrupt.h"

namespace earshot {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

}  // namespace

InputBuffer::InputBuffer(const std::string& path, Pipes pipes)
    : name_(path == "-" ? "standard input" : path),
      file_(path == "-" ? Descriptor() : open_input(path, pipes)),
      descriptor_(file_ ? file_.get() : STDIN_FILENO),
      block_(kBlockBytes) {}

std::size_t InputBuffer::read(char* bytes, std::size_t size) {
    while (true) {
        const ssize_t got = ::read(descriptor_, bytes, size);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) throw system_error(fmt::format("cannot read {}", name_));
        check_interrupt();
    }
}

std::string_view InputBuffer::peek() {
    std::size_t have = 0;
    while (have < block_.size()) {
        const auto got = read(block_.data() + have, block_.size() - have);
        if (got == 0) break;
        have += got;
    }
    setg(block_.data(), block_.data(), block_.data() + have);
    return {block_.data(), have};
}

std::string InputBuffer::read_all(std::size_t max_bytes) {
    std::string text;
    while (underflow() != traits_type::eof()) {
        text.append(gptr(), egptr());
        setg(eback(), egptr(), egptr());
        if (text.size() > max_bytes)
            throw Error(fmt::format("{}: larger than {} MiB", name_, max_bytes >> 20));
    }
    return text;
}

InputBuffer::int_type InputBuffer::underflow() {
    if (gptr() == egptr()) {
        check_interrupt();
        const auto got = read(block_.data(), block_.size());
        setg(block_.data(), block_.data(), block_.data() + got);
        if (got == 0) return traits_type::eof();
    }
    return traits_type::to_int_type(*gptr());
}

}  // namespace earshot
