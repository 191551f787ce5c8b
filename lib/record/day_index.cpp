#include "record/day_index.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "support/error.h"
#include "support/json.h"
#include "support/output.h"

namespace earshot::record {
namespace {

constexpr std::size_t kMaxPending = std::size_t{1} << 20;

/// The file of a line, without its folder; "" if it is not a line of an index.
std::string file_of(const std::string& line) {
    const auto row = try_parse_json(line);
    if (!row || !row->is_object()) return {};
    const auto file = row->find("file");
    if (file == row->end() || !file->is_string()) return {};
    return std::filesystem::path(file->get<std::string>()).filename().native();
}

}  // namespace

DayIndex::DayIndex(std::string folder)
    : folder_(std::move(folder)), path_((std::filesystem::path(folder_) / kName).native()) {
    open();
}

void DayIndex::open() {
    file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    struct stat info {};
    if (!file_ || ::fstat(file_.get(), &info) != 0)
        throw WriteError(system_error(fmt::format("cannot write {}", path_)).what());
    off_t end = info.st_size;
    for (char last = 0; end > 0; --end) {
        if (::pread(file_.get(), &last, 1, end - 1) != 1 || last == '\n') break;
    }
    if (end < info.st_size && ::ftruncate(file_.get(), end) != 0)
        throw WriteError(system_error(fmt::format("cannot write {}", path_)).what());
}

void DayIndex::append(const nlohmann::ordered_json& line) {
    pending_ += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    const off_t before = ::lseek(file_.get(), 0, SEEK_END);
    const ssize_t written = ::write(file_.get(), pending_.data(), pending_.size());
    if (written == static_cast<ssize_t>(pending_.size())) {
        pending_.clear();
        ::fdatasync(file_.get());
        return;
    }
    const int error = written < 0 ? errno : ENOSPC;
    [[maybe_unused]] const int cut = ::ftruncate(file_.get(), before);
    errno = error;
    if ((error != ENOSPC && error != EDQUOT) || pending_.size() > kMaxPending)
        throw WriteError(system_error(fmt::format("cannot write {}", path_)).what());
}

std::set<std::string> DayIndex::files() const {
    std::set<std::string> files;
    std::ifstream lines(path_);
    for (std::string line; std::getline(lines, line);) files.insert(file_of(line));
    return files;
}

void DayIndex::remove(const std::set<std::string>& files) {
    std::ifstream lines(path_);
    AtomicFile rest(path_);
    for (std::string line; std::getline(lines, line);) {
        if (!files.contains(file_of(line))) rest.write(line + "\n");
    }
    rest.close();
    open();
}

}  // namespace earshot::record
