#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace earshot::dataset {

/// XXH3 of 128 bits as 32 hexadecimal digits: tells changed content from unchanged, not friend from foe.
std::string content_hash(std::string_view bytes);

/// The same, of bytes that come in pieces.
class ContentHasher {
 public:
    ContentHasher();
    ~ContentHasher();
    ContentHasher(const ContentHasher&) = delete;
    ContentHasher& operator=(const ContentHasher&) = delete;

    void add(std::string_view bytes);
    std::string hash() const;

 private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Of a file's content, at the speed of the disk. @throws Error if it cannot be read
std::string file_hash(const std::string& path);

}  // namespace earshot::dataset
