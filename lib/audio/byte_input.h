#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/interrupt.h"

namespace earshot::audio {

/// The bytes of a file or of standard input, from its offset at the time of opening.
/// Regular files are read with pread, which does not move the offset of a shared descriptor.
class ByteInput {
 public:
    /// @param path  a file, or `-` for standard input
    /// @throws Error that starts with the path: missing, unreadable, a directory, empty
    /// @param stop  polled while waiting for a pipe: true to give up
    explicit ByteInput(const std::string& path, std::function<bool()> stop = interrupted);
    ~ByteInput();
    ByteInput(const ByteInput&) = delete;
    ByteInput& operator=(const ByteInput&) = delete;

    /// For messages: the path, or "standard input".
    const std::string& name() const { return name_; }
    /// For regular files only, which support seeking.
    std::optional<std::int64_t> size() const { return size_; }
    std::int64_t position() const { return position_; }

    /// Up to `bytes` from `offset` of the input on, without consuming anything; fewer only at the end of the
    /// input. Of a pipe of which nothing has been consumed yet: a header, at most kMaxPeek bytes from the
    /// start. The view holds until the next call of any member.
    std::span<const std::byte> peek_at(std::int64_t offset, std::size_t bytes);
    static constexpr std::int64_t kMaxPeek = 1 << 20;

    /// Returns as soon as there is data; 0 at the end. Never throws, since C libraries call it:
    /// throw_if_failed() reports errors later.
    /// @return bytes read, or -1 after an error
    std::int64_t read(std::span<std::byte> destination) noexcept;

    /// @return false outside [0, size], or if the input cannot seek
    bool seek(std::int64_t position) noexcept;

    /// @throws Error if a read has failed, Interrupted if the user asked to stop while it waited
    void throw_if_failed() const;

 private:
    bool wait_for_data() noexcept;
    std::int64_t read_descriptor(std::int64_t position, std::span<std::byte> destination) noexcept;
    std::size_t fill(std::int64_t position, std::span<std::byte> destination) noexcept;

    std::string name_;
    int descriptor_ = -1;
    bool owned_ = false;
    std::int64_t base_ = 0;  // offset of our byte 0 in the file
    std::int64_t position_ = 0;
    std::optional<std::int64_t> size_;
    std::vector<std::byte> peeked_;  // of a pipe: its start, read ahead
    int error_ = 0;
    std::function<bool()> stop_;
};

}  // namespace earshot::audio
