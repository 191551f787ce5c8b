#include "tools/old_spellings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace earshot::tools {
namespace {

struct Renamed {
    std::string_view command, before, now;
};

constexpr std::array kRenamed{
    Renamed{"datagen", "window", "frame"},  // train --window is several frames
    Renamed{"train", "device", "compute"},  // record --device is a microphone
};

}  // namespace

void OldSpellings::renew(std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        if (!words[i].starts_with("--")) continue;
        const auto equals = std::min(words[i].find('='), words[i].size());
        words[i] = "--" + renewed_name(words[i].substr(2, equals - 2), "", "--") + words[i].substr(equals);
        // --scores once took the next word, which might be an argument; nothing else ends in .tsv.
        if (command_ == "detect" && words[i] == "--scores" && i + 1 < words.size() &&
            words[i + 1].ends_with(".tsv")) {
            words[i] += '=' + words[i + 1];
            words.erase(words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            warn_once("scores", fmt::format("write {} with an equals sign", words[i]));
        }
    }
}

std::string OldSpellings::renewed_key(const std::string& key, const std::string& where) {
    return renewed_name(key, where, "");
}

std::string OldSpellings::renewed_name(const std::string& name, const std::string& where,
                                       const char* dashes) {
    const auto found = std::ranges::find_if(
        kRenamed, [&](const Renamed& one) { return one.command == command_ && one.before == name; });
    if (found == kRenamed.end()) return name;
    warn_once(name, fmt::format("{0}{1}{2} is now {1}{3} (the next version will not accept the old name)",
                                where, dashes, found->before, found->now));
    return std::string(found->now);
}

void OldSpellings::warn_once(const std::string& name, const std::string& message) {
    if (warned_.insert(name).second) warn_(message);
}

}  // namespace earshot::tools
