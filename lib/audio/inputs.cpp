#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <system_error>
#include <utility>

#include "audio/sniff.h"
#include "audio/source.h"
#include "support/error.h"
#include "support/output.h"

namespace earshot {
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

std::vector<std::string> expand_directory(const std::string& directory) {
    std::vector<std::string> files;
    try {
        for (auto entry = fs::recursive_directory_iterator(directory);
             entry != fs::recursive_directory_iterator(); ++entry) {
            const bool hidden = entry->path().filename().native().starts_with('.');
            if (hidden && entry->is_directory()) entry.disable_recursion_pending();
            if (!hidden && entry->is_regular_file() && is_audio_file(entry->path().native()))
                files.push_back(entry->path().native());
        }
    } catch (const fs::filesystem_error& failure) {
        throw Error(fmt::format("{}: {}", failure.path1().empty() ? directory : failure.path1().native(),
                                failure.code().message()));
    }
    if (files.empty()) throw Error(fmt::format("{}: no audio files in this directory", directory));
    std::ranges::sort(files);
    return files;
}

void expand(const std::string& input, std::vector<std::string>& inputs) {
    if (input == "-" || is_url(input)) {
        inputs.push_back(input);
        return;
    }
    std::error_code failure;
    const auto status = fs::status(input, failure);
    if (!fs::exists(status))
        throw Error(fmt::format("{}: {}", input,
                                std::make_error_code(std::errc::no_such_file_or_directory).message()));
    if (!fs::is_directory(status)) {
        inputs.push_back(input);
        return;
    }
    auto files = expand_directory(input);
    std::ranges::move(files, std::back_inserter(inputs));
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
}

void expand_list(const std::string& path, std::vector<std::string>& inputs) {
    const std::string content = read_text(path);
    std::string_view rest = content;
    if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
    const std::size_t before = inputs.size();
    for (int line = 1; !rest.empty(); ++line) {
        const auto end = rest.find('\n');
        const auto entry = trim(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (entry.empty() || entry.starts_with('#')) continue;
        try {
            expand(std::string(entry), inputs);
        } catch (const Error& failure) {
            throw Error(fmt::format("{}:{}: {}", path, line, failure.what()));
        }
    }
    if (inputs.size() == before) throw Error(fmt::format("{}: an empty list", path));
}

}  // namespace

std::vector<std::string> expand_inputs(std::span<const std::string> inputs) {
    std::vector<std::string> expanded;
    for (const auto& input : inputs) {
        if (input.starts_with('@') && input.size() > 1) {
            expand_list(input.substr(1), expanded);
        } else {
            expand(input, expanded);
        }
    }
    return expanded;
}

bool is_audio_file(const std::string& path) {
    std::string extension = fs::path(path).extension().native();
    std::ranges::transform(extension, extension.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    // Whatever its content: a recording damaged beyond recognition is to be named, not passed over.
    if (std::ranges::find(kExtensions, extension) != kExtensions.end()) return true;
    const Container container = sniff(head_of(path));
    return container != Container::unknown && container != Container::not_audio;
}

}  // namespace earshot
