#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace earshot {

/// A file that is no disk's business, for tests that write thousands of them.
class MemoryFile {
 public:
    MemoryFile() : descriptor_(::memfd_create("earshot-test", MFD_CLOEXEC)) {
        if (descriptor_ < 0) throw std::runtime_error("memfd_create failed");
        path_ = "/proc/self/fd/" + std::to_string(descriptor_);
    }
    ~MemoryFile() { ::close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    void set(std::string_view bytes) const {
        const bool written =
            ::ftruncate(descriptor_, 0) == 0 &&
            ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
        if (!written) throw std::runtime_error("cannot write " + path_);
    }
    const std::string& path() const { return path_; }

 private:
    int descriptor_;
    std::string path_;
};

}  // namespace earshot
