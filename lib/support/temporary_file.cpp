#include "support/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/error.h"

namespace earshot {

TemporaryFile::TemporaryFile() {
    const char* chosen = std::getenv("TMPDIR");
    const std::string directory = chosen && *chosen ? chosen : "/tmp";
    std::string name = directory + "/earshot-XXXXXX";
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) {
        throw system_error(
            fmt::format("cannot create a temporary file in {} (set TMPDIR to another directory)", directory));
    }
    ::unlink(name.c_str());
    out_ = std::make_unique<DescriptorOutput>(descriptor_, fmt::format("a temporary file in {}", directory));
}

TemporaryFile::~TemporaryFile() { ::close(descriptor_); }

void TemporaryFile::write(std::string_view bytes) {
    out_->write(bytes);
    size_ += bytes.size();
}

void TemporaryFile::read_back(const std::function<void(std::string_view)>& sink) {
    out_->flush();
    std::vector<char> block(std::size_t{1} << 16);
    for (std::uint64_t position = 0; position < size_;) {
        const ssize_t got = ::pread(descriptor_, block.data(), block.size(), static_cast<off_t>(position));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) throw system_error("cannot read back a temporary file");
        sink({block.data(), static_cast<std::size_t>(got)});
        position += static_cast<std::uint64_t>(got);
    }
}

}  // namespace earshot
