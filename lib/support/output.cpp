#include "support/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "support/descriptor.h"
#include "support/error.h"
#include "support/leftovers.h"
#include "support/open_input.h"

namespace earshot {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

WriteError write_error(const std::string& what) { return WriteError(system_error(what).what()); }

void sync_directory_of(const std::string& path) {
    auto parent = std::filesystem::path(path).parent_path();
    if (parent.empty()) parent = ".";
    const int descriptor = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // not all file systems can sync a directory, and the rename is done
    ::fsync(descriptor);
    ::close(descriptor);
}

/// The mode of new files: 0666 without the umask, which mkstemp ignores.
mode_t default_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

/// What AtomicFile writes to, locked as long as it has its temporary name.
class LockedFile : public DescriptorOutput {
 public:
    LockedFile(int descriptor, const std::string& name, const std::string& temporary)
        : DescriptorOutput(descriptor, name, true), lock_(lock_temporary(temporary)) {}

    /// Nothing if the file was removed before it could be locked.
    static std::unique_ptr<LockedFile> of(int descriptor, const std::string& name,
                                          const std::string& temporary) {
        auto file = std::make_unique<LockedFile>(descriptor, name, temporary);
        return file->lock_ ? std::move(file) : nullptr;
    }

 private:
    Descriptor lock_;
};

}  // namespace

Error system_error(const std::string& what) {
    return Error(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::string reason(const Error& error, const std::string& path) {
    const std::string_view what = error.what();
    const bool named = what.starts_with(path) && what.substr(path.size()).starts_with(": ");
    return std::string(named ? what.substr(path.size() + 2) : what);
}

DescriptorOutput::DescriptorOutput(int descriptor, std::string name, bool owned)
    : descriptor_(descriptor), name_(std::move(name)), owned_(owned) {
    buffer_.reserve(kBufferBytes);
}

DescriptorOutput::~DescriptorOutput() {
    if (owned_ && descriptor_ >= 0) ::close(descriptor_);
}

void DescriptorOutput::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            if (errno == EPIPE) throw BrokenPipe();
            throw write_error(fmt::format("cannot write {}", name_));
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void DescriptorOutput::write(std::string_view bytes) {
    if (buffer_.size() + bytes.size() > kBufferBytes) flush();
    if (bytes.size() >= kBufferBytes) {
        write_all(bytes);
    } else {
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
}

void DescriptorOutput::flush() {
    // Cleared first: after a failure, close() must not write the same bytes again.
    std::vector<char> pending;
    pending.reserve(kBufferBytes);
    pending.swap(buffer_);
    write_all({pending.data(), pending.size()});
}

void DescriptorOutput::close() {
    flush();
    if (!owned_) return;
    const int descriptor = std::exchange(descriptor_, -1);
    if (::close(descriptor) != 0) throw write_error(fmt::format("cannot write {}", name_));
}

bool DescriptorOutput::is_terminal() const { return ::isatty(descriptor_) == 1; }

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
    const std::filesystem::path target(path_);
    if (std::filesystem::is_directory(target)) {
        throw WriteError(fmt::format("cannot write {}: it is a directory", path_));
    }
    remove_leftovers(path_);
    while (!file_) {
        temporary_ = temporary_name(path_);
        const int descriptor = ::mkostemp(temporary_.data(), O_CLOEXEC);
        if (descriptor < 0) {
            temporary_.clear();
            throw write_error(fmt::format("cannot write {}", path_));
        }
        ::fchmod(descriptor, default_mode());
        try {
            file_ = LockedFile::of(descriptor, path_, temporary_);
        } catch (...) {  // no destructor will
            ::unlink(temporary_.c_str());
            throw;
        }
    }
}

AtomicFile::~AtomicFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) { file_->write(bytes); }

void AtomicFile::flush() { file_->flush(); }

void AtomicFile::close() {
    file_->close();
    // A library may have written to the temporary file by its name, so sync that and not our descriptor.
    const int descriptor = ::open(temporary_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || ::fsync(descriptor) != 0) throw write_error(fmt::format("cannot sync {}", path_));
    ::close(descriptor);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0)
        throw write_error(fmt::format("cannot write {}", path_));
    temporary_.clear();
    sync_directory_of(path_);
}

std::unique_ptr<Output> open_output(const std::string& path) {
    if (path == "-") return std::make_unique<DescriptorOutput>(STDOUT_FILENO, "standard output");
    struct stat info {};
    // A device or a named pipe (/dev/full, /dev/stdout, a FIFO) is written in place: renaming would replace
    // it.
    if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (descriptor < 0) throw write_error(fmt::format("cannot write {}", path));
        return std::make_unique<DescriptorOutput>(descriptor, path, true);
    }
    return std::make_unique<AtomicFile>(path);
}

std::string read_text(const std::string& path, std::size_t max_bytes) {
    const bool standard_input = path == "-";
    const Descriptor file = standard_input ? Descriptor() : open_input(path);
    const int descriptor = standard_input ? STDIN_FILENO : file.get();
    const std::string name = standard_input ? "standard input" : path;
    std::string text;
    std::vector<char> block(kBufferBytes);
    while (true) {
        const ssize_t got = ::read(descriptor, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error(fmt::format("cannot read {}", name));
        if (got == 0) return text;
        text.append(block.data(), static_cast<std::size_t>(got));
        if (text.size() > max_bytes) throw Error(fmt::format("{}: larger than {} bytes", name, max_bytes));
    }
}

void write_text(const std::string& path, std::string_view text) {
    const auto output = open_output(path);
    output->write(text);
    output->close();
}

}  // namespace earshot
