#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "support/output.h"

namespace earshot {

/// A file without a name, in $TMPDIR or /tmp, for what must not stay in memory or has to be read twice. It is
/// gone with its object, however the process ends.
class TemporaryFile {
 public:
    /// @throws Error naming the directory if it cannot be made there
    TemporaryFile();
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void write(std::string_view bytes);
    std::uint64_t size() const { return size_; }

    /// Everything written so far, piece by piece, from the start.
    void read_back(const std::function<void(std::string_view)>& sink);

    /// After flush(), for reading at offsets of one's own, as mmap does.
    int descriptor() const { return descriptor_; }
    void flush() { out_->flush(); }

 private:
    int descriptor_ = -1;
    std::unique_ptr<DescriptorOutput> out_;
    std::uint64_t size_ = 0;
};

}  // namespace earshot
