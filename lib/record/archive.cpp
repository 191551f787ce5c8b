#include "record/archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "record/recovery.h"
#include "record/segment_name.h"
#include "support/error.h"

namespace earshot::record {
namespace {

namespace fs = std::filesystem;

/// Free space needed before recording resumes, so that a disk at its limit does not toggle.
constexpr std::int64_t kRoomToResume = 16 << 20;
constexpr std::size_t kMaxNote = 4096;
/// Fraction of the limit left after deleting, so that not every segment rewrites the index.
constexpr double kShrinkTo = 0.95;

WriteError write_error(const std::string& what) { return WriteError(system_error(what).what()); }

void make_directory(const std::string& path) {
    std::error_code failure;
    fs::create_directories(path, failure);
    if (!failure) return;
    if (failure == std::errc::no_space_on_device)
        throw NoSpace(fmt::format("cannot create {}: {}", path, failure.message()));
    throw WriteError(fmt::format("cannot create {}: {}", path, failure.message()));
}

void sync_directory(const std::string& path) {
    const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory) ::fsync(directory.get());
}

nlohmann::ordered_json index_row(const Archive::Part& part, const nlohmann::ordered_json& line) {
    nlohmann::ordered_json row{{"file", part.day + "/" + part.name}};
    row.update(line);
    return row;
}

std::int64_t bytes_of(const fs::path& path) {
    std::error_code failure;
    const auto bytes = fs::file_size(path, failure);
    return failure ? 0 : static_cast<std::int64_t>(bytes);
}

}  // namespace

Archive::Archive(const ArchiveOptions& options, Say say) : options_(options), say_(std::move(say)) {
    open_directory();
    recover();
    if (options_.max_bytes) measure();
}

void Archive::open_directory() {
    make_directory(options_.directory);
    const auto path = (fs::path(options_.directory) / ".lock").native();
    lock_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!lock_) throw write_error(fmt::format("cannot write {}", path));
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
        throw Error(
            fmt::format("{}: another process is recording to it (stop it, or choose another directory)",
                        options_.directory));
}

void Archive::recover() {
    const auto noted = read_note();
    for (const auto& day : recent_days(options_.directory, days())) {
        DayIndex& index = index_of(day);
        for (const auto& line : recover_day(options_.directory, day, index.files(), noted)) {
            say_(fmt::format("{}/{}: recovered after a crash", options_.directory,
                             line["file"].get<std::string>()));
            index.append(line);
        }
    }
    index_.reset();
}

/// If the disk is full there is no note, and recovery works without it.
void Archive::note(const Part& part, const nlohmann::ordered_json& line) {
    using Json = nlohmann::ordered_json;
    const auto text = index_row(part, line).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    [[maybe_unused]] const bool noted = ::pwrite(lock_.get(), text.data(), text.size(), 0) >= 0 &&
                                        ::ftruncate(lock_.get(), static_cast<off_t>(text.size())) == 0;
}

nlohmann::ordered_json Archive::read_note() const {
    std::string text(kMaxNote, '\0');
    const ssize_t got = ::pread(lock_.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return nlohmann::ordered_json::parse(text.substr(0, text.find('\n')), nullptr, false);
}

std::vector<std::string> Archive::days() const {
    std::vector<std::string> days;
    for (const auto& entry : fs::directory_iterator(options_.directory)) {
        if (is_day(entry.path().filename().native()) && entry.is_directory())
            days.push_back(entry.path().filename().native());
    }
    std::ranges::sort(days);
    return days;
}

DayIndex& Archive::index_of(const std::string& day) {
    const auto folder = (fs::path(options_.directory) / day).native();
    if (!index_ || index_->folder() != folder) index_.emplace(folder);
    return *index_;
}

Archive::Part Archive::begin(UtcTime start, audio::AudioFormat format, const nlohmann::ordered_json& line) {
    Part part;
    part.day = day_name(start);
    const fs::path folder = fs::path(options_.directory) / part.day;
    make_directory(folder.native());
    // After the clock was set back, a name may already exist.
    for (int copy = 0;; ++copy) {
        part.name = segment_name(start, copy) + std::string(options_.coding.extension());
        part.path = (folder / part_name(part.name)).native();
        if (!fs::exists(folder / part.name) && !fs::exists(part.path)) break;
    }
    part.file = create_sound_file(part.path, format, options_.coding);
    note(part, line);
    return part;
}

void Archive::commit(Part part, nlohmann::ordered_json line) {
    part.file->finish();
    const fs::path folder = fs::path(options_.directory) / part.day;
    const fs::path path = folder / part.name;
    if (::rename(part.path.c_str(), path.c_str()) != 0)
        throw write_error(fmt::format("cannot write {}", path.native()));
    sync_directory(folder.native());
    index_of(part.day).append(index_row(part, line));
    if (options_.max_bytes) {
        day_bytes_[part.day] += bytes_of(path);
        shrink();
    }
}

void Archive::discard(Part part) {
    part.file.reset();
    ::unlink(part.path.c_str());
}

bool Archive::has_room() {
    if (options_.min_free_bytes == 0 && !short_of_room_) return true;
    struct statvfs disk {};
    if (::statvfs(options_.directory.c_str(), &disk) != 0) return true;  // writing will show it
    const auto free = static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
    const std::int64_t wanted = options_.min_free_bytes + (short_of_room_ ? kRoomToResume : 0);
    short_of_room_ = free < wanted;
    return !short_of_room_;
}

void Archive::retain(UtcTime now) {
    const std::string today = day_name(now);
    if (!options_.max_age_s || aged_on_ == today) return;
    aged_on_ = today;
    const auto age = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::duration<double>(*options_.max_age_s));
    // A day is too old when all of it is, so the day of the limit stays.
    const std::string limit = day_name(now - age);
    for (const auto& day : days()) {
        if (day < limit) remove_day(day);
    }
}

void Archive::measure() {
    for (const auto& day : days()) {
        std::int64_t& bytes = day_bytes_[day];
        for (const auto& entry : fs::directory_iterator(fs::path(options_.directory) / day))
            bytes += bytes_of(entry.path());
    }
    shrink();
}

void Archive::shrink() {
    std::int64_t total = 0;
    for (const auto& [day, bytes] : day_bytes_) total += bytes;
    if (total <= *options_.max_bytes) return;
    while (day_bytes_.size() > 1 && total > *options_.max_bytes) {
        const std::string oldest = day_bytes_.begin()->first;
        total -= day_bytes_.begin()->second;
        remove_day(oldest);
    }
    if (total <= *options_.max_bytes) return;
    const auto target = static_cast<std::int64_t>(kShrinkTo * static_cast<double>(*options_.max_bytes));
    auto& [day, bytes] = *day_bytes_.begin();
    bytes -= remove_oldest_of(day, total - target);
}

std::int64_t Archive::remove_day(const std::string& day) {
    const fs::path folder = fs::path(options_.directory) / day;
    if (index_ && index_->folder() == folder.native()) index_.reset();
    std::error_code failure;
    fs::remove_all(folder, failure);
    if (failure) say_(fmt::format("cannot remove {}: {}", folder.native(), failure.message()));
    const auto known = day_bytes_.find(day);
    const std::int64_t bytes = known == day_bytes_.end() ? 0 : known->second;
    day_bytes_.erase(day);
    return bytes;
}

std::int64_t Archive::remove_oldest_of(const std::string& day, std::int64_t bytes) {
    const fs::path folder = fs::path(options_.directory) / day;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (is_segment(entry.path().filename().native())) names.push_back(entry.path().filename().native());
    }
    std::ranges::sort(names);
    std::set<std::string> removed;
    std::int64_t freed = 0;
    for (const auto& name : names) {
        if (freed >= bytes) break;
        freed += bytes_of(folder / name);
        ::unlink((folder / name).c_str());
        removed.insert(name);
    }
    index_of(day).remove(removed);
    return freed;
}

}  // namespace earshot::record
