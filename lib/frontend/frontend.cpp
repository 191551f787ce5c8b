#include "frontend/frontend.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "frontend/settings.h"
#include "frontend/spectrum.h"
#include "support/error.h"

namespace earshot {
namespace {

using Factory = std::unique_ptr<Frontend> (*)(const nlohmann::ordered_json& settings);

/// The front ends there are; a new one is a line here.
constexpr std::array kKinds = {
    std::pair<std::string_view, Factory>{"spectrum", make_spectrum},
};

/// What people call the settings; others go by their key.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames = {{
    {"kind", "front end"},
    {"rate_hz", "sample rate"},
    {"duration_s", "sample duration"},
    {"low_hz", "low frequency"},
    {"high_hz", "high frequency"},
    {"bins", "number of bins"},
}};

std::string name_of(const std::string& key) {
    for (const auto& [known, name] : kNames)
        if (key == known) return std::string(name);
    return key;
}

std::string shown(const nlohmann::ordered_json& settings, const std::string& key) {
    const auto found = settings.find(key);
    if (found == settings.end()) return "none";
    return found->is_string() ? found->get<std::string>() : setting_text(*found);
}

}  // namespace

std::unique_ptr<Frontend> make_frontend(const nlohmann::ordered_json& settings) {
    const auto kind = settings.is_object() ? settings.find("kind") : settings.end();
    if (kind == settings.end() || !kind->is_string())
        throw Error(
            "front end: settings must be an object with a kind, such as {\"kind\": \"spectrum\", ...}");
    std::string known;
    for (const auto& [name, make] : kKinds) {
        if (*kind == name) return make(settings);
        known += known.empty() ? name : fmt::format(", {}", name);
    }
    throw Error(fmt::format("front end: unknown kind {} (known: {})", setting_text(*kind), known));
}

std::string frontend_difference(const nlohmann::ordered_json& ours, const nlohmann::ordered_json& theirs) {
    if (!ours.is_object() || !theirs.is_object())
        return ours == theirs
                   ? ""
                   : fmt::format("front end {} here, {} there", ours.is_object() ? "known" : "unknown",
                                 theirs.is_object() ? "known" : "unknown");
    const auto differs = [&](const std::string& key) {
        return !ours.contains(key) || !theirs.contains(key) || ours.at(key) != theirs.at(key);
    };
    const auto text = [&](const std::string& key) {
        return fmt::format("{} {} here, {} there", name_of(key), shown(ours, key), shown(theirs, key));
    };
    for (const auto& [key, value] : ours.items())
        if (differs(key)) return text(key);
    for (const auto& [key, value] : theirs.items())
        if (differs(key)) return text(key);
    return "";
}

}  // namespace earshot
