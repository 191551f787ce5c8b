#include "tools/locate/array_option.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "support/error.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> array_names() {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(share_directory() + "/arrays", none)) {
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

locate::ArrayGeometry open_array(const std::string& name_or_file) {
    // As with recipes, a name is one word; what has a slash or an extension is a file.
    const bool is_file = name_or_file == "-" || name_or_file.find('/') != std::string::npos ||
                         name_or_file.ends_with(".json") || fs::is_regular_file(name_or_file);
    if (is_file) return locate::read_geometry(name_or_file);
    const auto names = array_names();
    if (std::ranges::find(names, name_or_file) == names.end()) {
        throw UsageError(
            fmt::format("no array '{}' (arrays: {}; or give a file)", name_or_file, fmt::join(names, ", ")));
    }
    auto geometry = locate::read_geometry(fmt::format("{}/arrays/{}.json", share_directory(), name_or_file));
    geometry.name = name_or_file;
    return geometry;
}

}  // namespace earshot::tools
