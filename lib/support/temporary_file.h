#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "support/output.h"

namespace earshot {

/// An unnamed file in $TMPDIR or /tmp, for data that is too large for memory or has to be read twice. It
/// disappears with the object, however the process ends.
class TemporaryFile {
 public:
    /// @throws Error naming the directory if the file cannot be created
    TemporaryFile();
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void write(std::string_view bytes);
    std::uint64_t size() const { return size_; }

    /// Reads everything written so far in blocks, from the start.
    void read_back(const std::function<void(std::string_view)>& sink);

    /// For reading at arbitrary offsets (mmap), after flush().
    int descriptor() const { return descriptor_; }
    void flush() { out_->flush(); }

 private:
    int descriptor_ = -1;
    std::unique_ptr<DescriptorOutput> out_;
    std::uint64_t size_ = 0;
};

}  // namespace earshot
