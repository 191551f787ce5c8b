#pragma once

#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

namespace earshot {

/// A file, or standard input for `-`, as the buffer of a std::istream, with a look at its beginning before
/// anything is taken from it. @throws Error, from reading too, if it cannot be opened or read
class InputBuffer : public std::streambuf {
 public:
    explicit InputBuffer(const std::string& path);
    ~InputBuffer() override;

    /// The first 64 KiB, or all of a shorter input. Before any reading.
    std::string_view peek();
    /// All that has not been read yet. @throws Error if that is more than max_bytes
    std::string read_all(std::size_t max_bytes);
    /// The path, or "standard input".
    const std::string& name() const { return name_; }

 protected:
    int_type underflow() override;

 private:
    std::size_t read(char* bytes, std::size_t size);

    std::string name_;
    int descriptor_;
    std::vector<char> block_;
};

}  // namespace earshot
