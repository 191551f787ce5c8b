#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace earshot {

/// A whole file as bytes, read by the system as they are touched. Standard input and pipes, in which nothing
/// can seek, are copied to a temporary file first.
class MappedFile {
 public:
    /// @param path  `-` is standard input
    /// @throws Error if it cannot be opened (open_input.h) or read
    explicit MappedFile(const std::string& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    /// False for what was copied from a pipe.
    bool is_regular() const { return regular_; }
    std::string_view bytes() const { return {static_cast<const char*>(address_), size_}; }

 private:
    void map(int descriptor, const std::string& name);

    void* address_ = nullptr;
    std::size_t size_ = 0;
    bool regular_ = false;
};

/// Tells the system that these bytes of a MappedFile will not be needed again soon, so that reading a large
/// file sequentially does not fill memory. They stay valid.
void release_pages(std::string_view bytes);

}  // namespace earshot
