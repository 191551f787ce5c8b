#include "support/leftovers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <map>
#include <mutex>
#include <string_view>

#include "support/error.h"

namespace earshot {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".~", kRandom = "XXXXXX";

/// The name of the target whose temporary this may be; "" if it is not one.
std::string_view target_of(std::string_view name) {
    const auto suffix = kMark.size() + kRandom.size();
    if (!name.starts_with('.') || name.size() <= 1 + suffix) return {};
    const auto end = name.substr(name.size() - suffix);
    const bool ours = end.starts_with(kMark) && std::ranges::all_of(end.substr(kMark.size()), [](char c) {
                          return std::isalnum(static_cast<unsigned char>(c)) != 0;
                      });
    return ours ? name.substr(1, name.size() - 1 - suffix) : std::string_view();
}

bool is_local(const fs::path& directory) {
    constexpr long kXfs = 0x58465342, kZfs = 0x2FC12FC1;  // which linux/magic.h lacks
    constexpr std::array kLocal{long{EXT4_SUPER_MAGIC}, kXfs, long{BTRFS_SUPER_MAGIC},    long{TMPFS_MAGIC},
                                long{F2FS_SUPER_MAGIC}, kZfs, long{OVERLAYFS_SUPER_MAGIC}};
    struct statfs info {};
    return ::statfs(directory.c_str(), &info) == 0 && std::ranges::find(kLocal, info.f_type) != kLocal.end();
}

/// By target's name. Nothing where the directory cannot be read.
std::multimap<std::string, fs::path> temporaries_in(const fs::path& directory) {
    std::multimap<std::string, fs::path> found;
    if (!is_local(directory)) return found;
    std::error_code failure;
    auto entry = fs::directory_iterator(directory, failure);
    for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
        const auto name = entry->path().filename().native();
        if (const auto target = target_of(name); !target.empty()) found.emplace(target, entry->path());
    }
    return found;
}

void remove_if_dead(const fs::path& path) {
    const Descriptor open(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    struct stat info {
    }, named{};
    if (!open || ::fstat(open.get(), &info) != 0 || info.st_uid != ::geteuid()) return;
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) return;
    if (::flock(open.get(), LOCK_EX | LOCK_NB) != 0) return;  // of a live process
    // It may have been renamed to its target just before its process ended.
    if (::lstat(path.c_str(), &named) != 0 || named.st_ino != info.st_ino || named.st_dev != info.st_dev)
        return;
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

}  // namespace

std::string temporary_name(const std::string& target) {
    const fs::path path(target);
    return (path.parent_path() / fmt::format(".{}{}{}", path.filename().string(), kMark, kRandom)).string();
}

Descriptor lock_temporary(const std::string& path) {
    Descriptor lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!lock && errno == ENOENT) return {};
    if (!lock) throw WriteError(system_error(fmt::format("cannot write {}", path)).what());
    // Waits for a run that has just taken it for a leftover. A file system without locks is not cleaned up
    // (is_local), so an error there does no harm.
    while (::flock(lock.get(), LOCK_EX) != 0 && errno == EINTR) {
    }
    if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return {};
    return lock;
}

void remove_leftovers(const std::string& target) {
    static std::mutex mutex;
    static std::map<fs::path, std::multimap<std::string, fs::path>> directories;  // those looked through
    const fs::path path(target);
    auto directory = path.parent_path();
    if (directory.empty()) directory = ".";
    std::multimap<std::string, fs::path> ours;
    {
        const std::lock_guard lock(mutex);
        const auto [place, is_new] = directories.try_emplace(directory);
        if (is_new) place->second = temporaries_in(directory);
        const auto [first, last] = place->second.equal_range(path.filename().native());
        ours.insert(first, last);
        place->second.erase(first, last);
    }
    for (const auto& [name, temporary] : ours) remove_if_dead(temporary);
}

}  // namespace earshot
