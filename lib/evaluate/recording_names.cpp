#include "evaluate/recording_names.h"

#include <fmt/format.h>

#include <filesystem>

#include "label/label_file.h"
#include "support/error.h"

namespace earshot::evaluate {

void RecordingNames::add(const std::string& name) {
    const std::size_t number = names_.size();
    names_.push_back(name);
    exact_.emplace(name, number);
    auto keys = label::recording_keys(name);
    const std::filesystem::path path(name);
    if (const auto directory = path.parent_path().filename().string(); !directory.empty())
        keys.push_back(fmt::format("{}-{}", directory, path.stem().string()));
    for (const auto& key : keys) {
        const auto [place, is_new] = ends_.try_emplace(key, number);
        if (!is_new && place->second != number) place->second.reset();
    }
}

std::optional<std::size_t> RecordingNames::find_same(const std::string& name) const {
    const auto found = exact_.find(name);
    return found == exact_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> RecordingNames::find(const std::string& name) const {
    if (const auto same = find_same(name)) return same;
    for (const auto& key : label::recording_keys(name)) {
        const auto found = ends_.find(key);
        if (found == ends_.end()) continue;
        if (found->second) return found->second;
        throw Error(fmt::format("'{}' may be several recordings (name them with their directories)", name));
    }
    return std::nullopt;
}

}  // namespace earshot::evaluate
