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

/// Two recordings of one name differ by a digest of their paths, so that a name does not depend on order.
std::vector<std::string> file_names(std::span<const std::string> inputs, std::string_view extension) {
    std::vector<std::string> stems;
    std::map<std::string, int> count;
    for (const auto& input : inputs) {
        stems.push_back(input == "-" ? "stdin" : fs::path(input).stem().string());
        ++count[stems.back()];
    }
    for (std::size_t i = 0; i < stems.size(); ++i) {
        if (count[stems[i]] > 1) stems[i] += "-" + content_hash(inputs[i]).substr(0, 8);
        stems[i] += extension;
    }
    return stems;
}

}  // namespace

Destination::Destination(std::string path, std::span<const std::string> inputs, std::string_view extension,
                         Output& standard)
    : path_(std::move(path)), standard_(standard) {
    if (path_.ends_with('/') || fs::is_directory(path_)) names_ = file_names(inputs, extension);
}

Output& Destination::shared() {
    if (path_ == "-") return standard_;
    if (!file_) file_ = open_text_output(path_);
    return *file_;
}

std::unique_ptr<Output> Destination::open(std::size_t i) const {
    std::error_code failure;
    fs::create_directories(path_, failure);
    if (failure) throw WriteError(fmt::format("cannot make directory {}: {}", path_, failure.message()));
    return open_text_output((fs::path(path_) / names_[i]).string());
}

void Destination::close() {
    if (file_) file_->close();
}

}  // namespace earshot::tools
