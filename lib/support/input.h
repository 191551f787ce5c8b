#pragma once

#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "support/open_input.h"

namespace earshot {

/// A file, or standard input for `-`, as the buffer of a std::istream that can be peeked at before it is
/// read.
/// @throws Error, from reading too, if it cannot be opened (open_input.h) or read
class InputBuffer : public std::streambuf {
 public:
    explicit InputBuffer(const std::string& path, Pipes pipes = Pipes::refused);

    /// The first 64 KiB, or all of a shorter input. Call it before reading.
    std::string_view peek();
    /// The rest of the input. @throws Error if it is longer than max_bytes
    std::string read_all(std::size_t max_bytes);
    /// The path, or "standard input".
    const std::string& name() const { return name_; }

 protected:
    int_type underflow() override;

 private:
    std::size_t read(char* bytes, std::size_t size);

    std::string name_;
    Descriptor file_;  // none for standard input
    int descriptor_;
    std::vector<char> block_;
};

}  // namespace earshot
