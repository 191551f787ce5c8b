#include "detect/score_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "support/error.h"
#include "support/json.h"
#include "support/output.h"

namespace earshot::detect {
namespace {

using Json = nlohmann::ordered_json;

/// Size and modification time, to detect changes; zeros if it is not a file.
std::pair<std::int64_t, std::int64_t> identity_of(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    return {info.st_size, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

WriteError cannot_write(const std::string& path) {
    return WriteError(system_error("cannot write " + path).what());
}

}  // namespace

ScoreJournal::ScoreJournal(std::string path, const Json& settings) : path_(std::move(path)) {
    read(settings);
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw cannot_write(path_);
    if (!done_.empty()) return;
    if (::ftruncate(descriptor_, 0) != 0) throw cannot_write(path_);
    pending_ = settings.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    sync();
}

ScoreJournal::~ScoreJournal() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void ScoreJournal::read(const Json& settings) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path_, ignored)) return;
    const std::string text = read_text(path_);
    std::size_t whole = 0;  // bytes up to the end of the last whole line
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        const auto parsed = try_parse_json(std::string_view(text).substr(begin, end - begin));
        if (!parsed) break;
        const Json& line = *parsed;
        try {
            if (begin == 0) {
                if (line.dump() != settings.dump(-1, ' ', false, Json::error_handler_t::replace)) return;
            } else {
                Entry entry{line.at("bytes"), line.at("changed_ns"), {}};
                entry.scores.windows = line.at("windows");
                entry.scores.scores = line.at("scores").get<std::vector<float>>();
                entry.scores.damage = line.at("damage").get<std::vector<std::string>>();
                done_.insert_or_assign(line.at("file").get<std::string>(), std::move(entry));
            }
        } catch (const Json::exception&) {
            break;
        }
        whole = end + 1;
    }
    std::filesystem::resize_file(path_, whole, ignored);
}

const RecordingScores* ScoreJournal::find(const std::string& recording) const {
    const auto found = done_.find(recording);
    if (found == done_.end()) return nullptr;
    const bool same = identity_of(recording) == std::pair(found->second.bytes, found->second.changed_ns);
    return same ? &found->second.scores : nullptr;
}

void ScoreJournal::add(const std::string& recording, const RecordingScores& scores) {
    if (!scores.problem.empty()) return;
    const auto [bytes, changed_ns] = identity_of(recording);
    const Json line{{"file", recording},         {"bytes", bytes},          {"changed_ns", changed_ns},
                    {"windows", scores.windows}, {"scores", scores.scores}, {"damage", scores.damage}};
    // A name that is not UTF-8 is not found again, so that recording is scored again.
    pending_ += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void ScoreJournal::sync() {
    std::string_view left = pending_;
    while (!left.empty()) {
        const ssize_t put = ::write(descriptor_, left.data(), left.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) throw cannot_write(path_);
        left.remove_prefix(static_cast<std::size_t>(put));
    }
    pending_.clear();
    if (::fdatasync(descriptor_) != 0 && errno != EINVAL) throw cannot_write(path_);
}

void ScoreJournal::remove() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

}  // namespace earshot::detect
