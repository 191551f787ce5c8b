#include "frontend/frontend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "frontend/embedding.h"
#include "frontend/logmel.h"
#include "frontend/mfcc.h"
#include "frontend/pcen.h"
#include "frontend/settings.h"
#include "frontend/spectrum.h"
#include "frontend/waveform.h"
#include "support/error.h"

namespace earshot::frontend {
namespace {

struct Kind {
    std::string_view name;
    std::unique_ptr<Frontend> (*make)(const nlohmann::ordered_json& settings);
    FrontendSettings (*describe)();
};

/// The front ends there are; a new one is a line here.
constexpr std::array kKinds = {
    Kind{"spectrum", make_spectrum, describe_spectrum},
    Kind{"logmel", make_logmel, describe_logmel},
    Kind{"pcen", make_pcen, describe_pcen},
    Kind{"mfcc", make_mfcc, describe_mfcc},
    Kind{"waveform", make_waveform, describe_waveform},
};

/// What people call the settings; others go by their key.
constexpr std::array kNames = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"kind", "front end"},
    {"rate_hz", "sample rate"},
    {"duration_s", "sample duration"},
    {"window_s", "window"},
    {"hop_s", "hop"},
    {"fft_size", "transform size"},
    {"mels", "number of mel bands"},
    {"scale", "mel scale"},
    {"norm", "mel normalisation"},
    {"low_hz", "low frequency"},
    {"high_hz", "high frequency"},
    {"bins", "number of bins"},
    {"order", "order of the band-pass"},
    {"gain_db", "gain"},
    {"pad_s", "padding"},
    {"input", "front end of the network"},
});

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

std::vector<std::string> frontend_kinds() {
    std::vector<std::string> names;
    for (const auto& kind : kKinds) names.emplace_back(kind.name);
    return names;
}

namespace {

const Kind& find_kind(std::string_view name, std::string_view shown) {
    const auto found = std::ranges::find(kKinds, name, &Kind::name);
    if (found != kKinds.end()) return *found;
    throw Error(
        fmt::format("front end: unknown kind {} (known: {})", shown, fmt::join(frontend_kinds(), ", ")));
}

}  // namespace

FrontendSettings describe_frontend(std::string_view kind) {
    return find_kind(kind, fmt::format("'{}'", kind)).describe();
}

nlohmann::ordered_json default_frontend(std::string_view kind) { return describe_frontend(kind).json(); }

std::unique_ptr<Frontend> make_frontend(const nlohmann::ordered_json& settings,
                                        std::shared_ptr<const Pretrained> pretrained) {
    const auto kind = settings.is_object() ? settings.find("kind") : settings.end();
    if (kind == settings.end() || !kind->is_string())
        throw Error(
            "front end: settings must be an object with a kind, such as {\"kind\": \"spectrum\", ...}");
    if (is_embedding(settings)) return make_embedding(settings, std::move(pretrained));
    return find_kind(kind->get<std::string>(), setting_text(*kind)).make(settings);
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

}  // namespace earshot::frontend
