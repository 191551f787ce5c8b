#include "label/beside.h"

#include <array>
#include <filesystem>

namespace earshot::label {
namespace {

namespace fs = std::filesystem;

constexpr std::array kExtensions{".json", ".txt", ".tsv", ".csv"};
constexpr std::array kNames{"labels.json", "labels.txt", "labels.tsv",
                            "labels.csv",  "events.tsv", "word_bounds.json"};

bool is_file(const fs::path& path) {
    std::error_code unused;
    return fs::is_regular_file(path, unused);
}

}  // namespace

std::optional<std::string> find_label_file(const std::string& audio_path,
                                           const std::optional<std::string>& root) {
    fs::path path(audio_path);
    for (const auto* extension : kExtensions) {
        if (const auto beside = path.replace_extension(extension); is_file(beside)) return beside.string();
    }
    const fs::path top = root ? fs::path(*root).lexically_normal() / "" : fs::path();
    for (auto directory = fs::path(audio_path).lexically_normal().parent_path();;) {
        for (const auto* name : kNames) {
            if (const auto file = directory / name; is_file(file)) return file.string();
        }
        if (!root || directory / "" == top || !directory.has_relative_path()) return {};
        directory = directory.parent_path();
    }
}

}  // namespace earshot::label
