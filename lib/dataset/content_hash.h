#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace earshot::dataset {

/// 128-bit XXH3 as 32 hexadecimal digits. It detects changes; it is not cryptographic.
std::string content_hash(std::string_view bytes);

/// The same for bytes that arrive in pieces.
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

/// The hash of a file's content. @throws Error if it can't be read
std::string file_hash(const std::string& path);

}  // namespace earshot::dataset
