#include "support/mapped_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#include "support/error.h"
#include "support/interrupt.h"
#include "support/open_input.h"
#include "support/temporary_file.h"

namespace earshot {
namespace {

void copy(int from, const std::string& name, TemporaryFile& to) {
    std::vector<char> block(std::size_t{1} << 16);
    while (true) {
        const ssize_t got = ::read(from, block.data(), block.size());
        check_interrupt();
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_error(fmt::format("cannot read {}", name));
        if (got == 0) return to.flush();
        to.write({block.data(), static_cast<std::size_t>(got)});
    }
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
    if (path == "-") {
        TemporaryFile spool;
        copy(STDIN_FILENO, "standard input", spool);
        map(spool.descriptor(), "standard input");  // the map outlives the descriptor
        return;
    }
    const Descriptor file = open_input(path);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) throw system_error(fmt::format("cannot read {}", path));
    if (S_ISREG(info.st_mode)) {
        map(file.get(), path);
        regular_ = true;
    } else {  // from a shell's <(...)
        TemporaryFile spool;
        copy(file.get(), path, spool);
        map(spool.descriptor(), path);
    }
}

void MappedFile::map(int descriptor, const std::string& name) {
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) throw system_error(fmt::format("cannot read {}", name));
    if (info.st_size == 0) return;  // an empty file cannot be mapped and need not be
    void* address =
        ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) throw system_error(fmt::format("cannot read {}", name));
    address_ = address;
    size_ = static_cast<std::size_t>(info.st_size);
}

MappedFile::~MappedFile() {
    if (address_) ::munmap(address_, size_);
}

void release_pages(std::string_view bytes) {
    static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    const std::uintptr_t first = (begin + page - 1) / page * page,
                         last = (begin + bytes.size()) / page * page;
    if (last > first) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace earshot
