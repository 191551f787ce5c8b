#include "model/model_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "support/error.h"
#include "support/leftovers.h"

namespace earshot::model {
namespace {

namespace fs = std::filesystem;

/// Resolves links and drops a trailing slash, so that the parent is where the temporary directory goes.
fs::path resolved(const std::string& path) {
    if (path.empty()) throw Error("the model needs a name (give --output DIRECTORY)");
    auto place = fs::weakly_canonical(fs::absolute(path));
    return place.has_filename() ? place : place.parent_path();
}

void sync_directory(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // some file systems cannot sync a directory; the rename is done anyway
    ::fsync(descriptor);
    ::close(descriptor);
}

mode_t directory_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0777 & ~mask;
}

/// Swaps the directories `from` and `to`.
void exchange_directories(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return;
    // Not every file system can swap. Then `to` doesn't exist for a moment between two renames.
    const fs::path aside = from.string() + ".old";
    if (::rename(to.c_str(), aside.c_str()) != 0)
        throw system_error(fmt::format("cannot replace {}", to.string()));
    if (::rename(from.c_str(), to.c_str()) != 0) {
        const Error error = system_error(fmt::format("cannot write {}", to.string()));
        ::rename(aside.c_str(), to.c_str());
        throw error;
    }
    ::rename(aside.c_str(), from.c_str());
}

}  // namespace

void check_model_place(const std::string& path, bool replace) {
    const fs::path place = resolved(path);
    if (::access(place.parent_path().c_str(), W_OK | X_OK) != 0)
        throw system_error(fmt::format("cannot write {}", path));
    if (!fs::exists(place)) return;
    if (!fs::is_directory(place))
        throw Error(fmt::format("{}: exists and is not a directory; not replaced", path));
    if (fs::is_empty(place)) return;
    if (!fs::exists(place / "model.json")) {
        throw Error(fmt::format("{}: exists and is not a model; not replaced (give another --output)", path));
    }
    if (!replace) throw Error(fmt::format("{}: exists (replace it with --force)", path));
}

ModelDirectory::ModelDirectory(const std::string& path, bool replace) {
    check_model_place(path, replace);
    const fs::path place = resolved(path);
    path_ = place.string();
    remove_leftovers(path_);
    while (!lock_) {
        temporary_ = temporary_name(path_);
        if (!::mkdtemp(temporary_.data())) {
            temporary_.clear();
            throw system_error(fmt::format("cannot write {}", path));
        }
        lock_ = lock_temporary(temporary_);
    }
    ::chmod(temporary_.c_str(), directory_mode());
}

ModelDirectory::~ModelDirectory() {
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void ModelDirectory::publish() {
    sync_directory(temporary_);
    const fs::path place(path_);
    if (fs::exists(place)) {
        exchange_directories(temporary_, place);
        std::error_code ignored;
        fs::remove_all(temporary_, ignored);  // the model that it replaced
    } else if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        throw system_error(fmt::format("cannot write {}", path_));
    }
    temporary_.clear();
    lock_.reset();
    sync_directory(place.parent_path());
}

}  // namespace earshot::model
