#include "batch/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>
#include <utility>

#include "support/error.h"

namespace earshot::batch {
namespace {

using Json = Journal::Json;

constexpr std::size_t kMostUnsynced = 16;
constexpr std::int64_t kMostUnsynced_ms = 1000;

std::int64_t now_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

WriteError cannot_write(const std::string& path) {
    return WriteError(system_error("cannot write " + path).what());
}

/// JSON holds text; the name of a file is any bytes.
std::string escaped(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || c == '%') {
            text += fmt::format("%{:02X}", byte);
        } else {
            text += c;
        }
    }
    return text;
}

std::string one_line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// @return  the line without its end, nothing if it is not JSON of an entry
std::optional<Json> parse_entry(const std::string& line) {
    auto entry = Json::parse(line, nullptr, false);
    const bool whole = entry.is_object() && entry.contains("input") && entry["input"].is_string() &&
                       entry.contains("bytes") && entry["bytes"].is_number_integer() &&
                       entry.contains("changed_ns") && entry["changed_ns"].is_number_integer() &&
                       entry.contains("result");
    return whole ? std::optional(std::move(entry)) : std::nullopt;
}

}  // namespace

FileStamp stamp_of(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    return {info.st_size, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

Journal::Journal(std::string path, const Json& settings)
    : path_(std::move(path)), settings_(one_line(settings)), synced_ms_(now_ms()) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor_ < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return;  // ENOTDIR: the output will say so
        throw cannot_write(path_);
    }
    lock();
    read();
}

Journal::~Journal() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

/// Held until the process ends, however it does. Some file systems know no locks.
void Journal::lock() {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(std::exchange(descriptor_, -1));
    throw Error(fmt::format("{}: another run is writing this output", path_));
}

void Journal::open_new() {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ < 0) throw cannot_write(path_);
    lock();
}

void Journal::read() {
    std::ifstream in(path_, std::ios::binary);
    std::int64_t whole = 0;  // bytes of lines that can be used
    std::string line;
    while (std::getline(in, line) && !in.eof()) {  // at the end of the file, a line was cut short
        if (whole == 0) {
            if (line + "\n" != settings_) break;
        } else {
            const auto entry = parse_entry(line);
            if (!entry) break;
            const auto& input = (*entry)["input"].get_ref<const std::string&>();
            lines_.insert_or_assign(std::hash<std::string>()(input), Line{whole, line.size()});
        }
        whole += static_cast<std::int64_t>(line.size()) + 1;
    }
    if (::ftruncate(descriptor_, whole) != 0) throw cannot_write(path_);
}

std::optional<Json> Journal::find(const std::string& input) const {
    const auto key = escaped(input);
    const auto found = lines_.find(std::hash<std::string>()(key));
    if (found == lines_.end()) return std::nullopt;
    std::string line(found->second.bytes, '\0');
    const auto got = ::pread(descriptor_, line.data(), line.size(), found->second.offset);
    if (got != static_cast<ssize_t>(line.size())) throw Error(fmt::format("{}: cannot read it", path_));
    auto entry = parse_entry(line);
    if (!entry || (*entry)["input"] != key) return std::nullopt;
    const FileStamp stamp{(*entry)["bytes"], (*entry)["changed_ns"]};
    if (stamp != stamp_of(input)) return std::nullopt;
    return std::move((*entry)["result"]);
}

void Journal::add(const std::string& input, const FileStamp& stamp, const Json& result) {
    const auto line = one_line({{"input", escaped(input)},
                                {"bytes", stamp.bytes},
                                {"changed_ns", stamp.changed_ns},
                                {"result", result}});
    const std::lock_guard guard(mutex_);
    if (descriptor_ < 0) open_new();
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) throw cannot_write(path_);
    append(info.st_size == 0 ? settings_ + line : line);
    ++unsynced_;
    if (unsynced_ >= kMostUnsynced || now_ms() - synced_ms_ >= kMostUnsynced_ms) sync();
}

/// Descriptors of O_APPEND write at the end; a line that cannot be written whole is cut off by the next run.
void Journal::append(const std::string& line) {
    std::string_view left = line;
    while (!left.empty()) {
        const ssize_t written = ::write(descriptor_, left.data(), left.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw cannot_write(path_);
        left.remove_prefix(static_cast<std::size_t>(written));
    }
}

void Journal::sync() {
    if (::fdatasync(descriptor_) != 0 && errno != EINVAL) throw cannot_write(path_);
    unsynced_ = 0;
    synced_ms_ = now_ms();
}

void Journal::remove() {
    if (descriptor_ < 0) return;
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

}  // namespace earshot::batch
