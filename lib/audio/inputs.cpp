#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "audio/sniff.h"
#include "audio/source.h"
#include "support/error.h"
#include "support/output.h"

namespace earshot::audio {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 35> kExtensions{
    ".wav", ".wave", ".rf64", ".w64", ".bwf", ".aif",  ".aiff", ".aifc", ".au",  ".snd", ".caf", ".flac",
    ".ogg", ".oga",  ".opus", ".mp3", ".mp2", ".mpga", ".aac",  ".m4a",  ".m4b", ".mp4", ".mov", ".mkv",
    ".mka", ".webm", ".wma",  ".wv",  ".ape", ".tta",  ".amr",  ".3gp",  ".ac3", ".dts", ".avi"};

/// The first bytes of a regular file; none if it cannot be read.
std::vector<std::byte> head_of(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return {};
    std::vector<std::byte> head(kSniffBytes);
    struct stat info {};
    const bool regular = ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
    const ssize_t got = regular ? ::pread(descriptor, head.data(), head.size(), 0) : 0;
    ::close(descriptor);
    head.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return head;
}

Input problem(const std::string& path, std::errc what) {
    return {path, std::make_error_code(what).message()};
}

/// Collects the recordings below a directory. Enters every directory once: first real ones, then, in order,
/// targets of symbolic links. So loops of links end, and a recording is listed under its real path even if a
/// link leads to it as well.
class Walk {
 public:
    std::vector<Input> operator()(const std::string& directory) && {
        enter(directory);
        while (!links_.empty()) enter(links_.extract(links_.begin()).value());
        if (found_.empty()) return {{directory, "no audio files in this directory"}};
        std::ranges::sort(found_, {}, &Input::path);
        return std::move(found_);
    }

 private:
    void enter(const fs::path& directory) {
        struct stat info {};
        if (::stat(directory.c_str(), &info) == 0 && !entered_.emplace(info.st_dev, info.st_ino).second)
            return;
        std::error_code failure;
        auto entry = fs::directory_iterator(directory, failure);
        for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) visit(*entry);
        if (failure) found_.push_back({directory.native(), failure.message()});
    }

    void visit(const fs::directory_entry& entry) {
        const auto& path = entry.path();
        if (path.filename().native().starts_with('.')) return;
        std::error_code unreachable;
        const auto status = entry.status(unreachable);
        if (unreachable ==
            std::errc::filename_too_long) {  // longer than PATH_MAX, be it a file or a directory
            found_.push_back({path.native(), unreachable.message()});
        } else if (fs::is_directory(status)) {
            if (entry.is_symlink(unreachable)) {
                links_.insert(path);
            } else {
                enter(path);
            }
        } else if ((fs::is_regular_file(status) || !fs::exists(status)) && is_audio_file(path.native())) {
            found_.push_back({path.native(), {}});  // dangling links too: opening them gives the error
        }
    }

    std::vector<Input> found_;
    std::set<fs::path> links_;
    std::set<std::pair<dev_t, ino_t>> entered_;
};

std::vector<Input> expand(const std::string& input) {
    if (input == "-" || is_url(input)) return {{input, {}}};
    std::error_code failure;
    const auto status = fs::status(input, failure);
    if (!fs::exists(status)) return {problem(input, std::errc::no_such_file_or_directory)};
    if (!fs::is_directory(status)) return {{input, {}}};
    return Walk()(input);
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
}

std::vector<Input> expand_list(const std::string& path) {
    std::string content;
    try {
        content = read_text(path);
    } catch (const Error& error) {
        return {{path, reason(error, path)}};
    }
    std::string_view rest = content;
    if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
    std::vector<Input> found;
    for (int line = 1; !rest.empty(); ++line) {
        const auto end = rest.find('\n');
        const auto entry = trim(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (entry.empty() || entry.starts_with('#')) continue;
        for (auto& input : expand(std::string(entry))) {
            if (!input.problem.empty()) input.problem += fmt::format(" ({}, line {})", path, line);
            found.push_back(std::move(input));
        }
    }
    if (found.empty()) return {{path, "an empty list"}};
    return found;
}

}  // namespace

std::vector<Input> find_inputs(std::span<const std::string> words) {
    std::vector<Input> found;
    for (const auto& word : words) {
        const bool list = word.starts_with('@') && word.size() > 1;
        std::ranges::move(list ? expand_list(word.substr(1)) : expand(word), std::back_inserter(found));
    }
    return found;
}

std::vector<std::string> expand_inputs(std::span<const std::string> words) {
    std::vector<std::string> paths;
    for (auto& [path, problem] : find_inputs(words)) {
        if (!problem.empty()) throw Error(fmt::format("{}: {}", path, problem));
        paths.push_back(std::move(path));
    }
    return paths;
}

bool is_audio_file(const std::string& path) {
    std::string extension = fs::path(path).extension().native();
    std::ranges::transform(extension, extension.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    // Whatever its content: a recording damaged beyond recognition must be reported, not skipped.
    if (std::ranges::find(kExtensions, extension) != kExtensions.end()) return true;
    const Container container = sniff(head_of(path));
    return container != Container::unknown && container != Container::not_audio;
}

}  // namespace earshot::audio
