#include "tools/detect/destination.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "audio/source.h"
#include "dataset/content_hash.h"
#include "support/error.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

/// Lengthens the names that occur more than once.
template <class Lengthen>
void set_apart(std::vector<std::string>& names, const Lengthen& lengthen) {
    std::map<std::string, int> count;
    for (const auto& name : names) ++count[name];
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (count[names[i]] > 1) lengthen(names[i], i);
    }
}

}  // namespace

std::vector<std::string> recording_names(std::span<const std::string> inputs) {
    std::vector<std::string> names;
    for (const auto& input : inputs)
        names.push_back(input == "-" ? "stdin" : fs::path(input).stem().string());
    set_apart(names, [&](std::string& name, std::size_t i) {
        const auto directory = fs::path(inputs[i]).parent_path().filename().string();
        if (!directory.empty()) name = fmt::format("{}-{}", directory, name);
    });
    set_apart(names, [&](std::string& name, std::size_t i) {
        name += "-" + dataset::content_hash(inputs[i]).substr(0, 8);
    });
    return names;
}

Destination::Destination(std::string path, std::vector<std::string> names, std::string_view extension,
                         Output& standard)
    : path_(std::move(path)),
      names_(std::move(names)),
      is_directory_(path_.ends_with('/') || fs::is_directory(path_)),
      standard_(standard) {
    for (auto& name : names_) name += extension;
}

std::string Destination::file(std::size_t i) const { return (fs::path(path_) / names_[i]).string(); }

bool Destination::has(std::size_t i) const { return !is_directory_ || fs::is_regular_file(file(i)); }

Output& Destination::shared() {
    if (path_ == "-") return standard_;
    if (!file_) file_ = open_text_output(path_);
    return *file_;
}

std::unique_ptr<Output> Destination::open(std::size_t i) const {
    std::error_code failure;
    fs::create_directories(path_, failure);
    if (failure) throw WriteError(fmt::format("cannot create directory {}: {}", path_, failure.message()));
    return open_text_output(file(i));
}

void Destination::close() {
    if (file_) file_->close();
}

}  // namespace earshot::tools
