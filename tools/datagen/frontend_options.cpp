#include "tools/datagen/frontend_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <initializer_list>
#include <string_view>

#include "frontend/frontend.h"
#include "support/error.h"
#include "support/json.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;

/// Changes whichever of these settings the front end has.
template <class T>
void put(Json& settings, std::string_view option, std::initializer_list<const char*> keys,
         const std::optional<T>& value) {
    if (!value) return;
    for (const char* key : keys) {
        if (!settings.contains(key)) continue;
        settings[key] = *value;
        return;
    }
    throw UsageError(
        fmt::format("{} means nothing to the front end {}", option, settings["kind"].get<std::string>()));
}

void put_other(Json& settings, const std::string& text) {
    const auto equals = text.find('=');
    const auto key = text.substr(0, equals);
    if (equals == std::string::npos || key == "kind" || !settings.contains(key)) {
        std::vector<std::string> known;
        for (const auto& [name, value] : settings.items())
            if (name != "kind") known.push_back(name);
        throw UsageError(
            fmt::format("--set {}: KEY=VALUE is expected, KEY one of {}", text, fmt::join(known, ", ")));
    }
    const auto value = text.substr(equals + 1);
    settings[key] = try_parse_json(value).value_or(Json(value));
}

}  // namespace

void add_frontend(CLI::App& app, FrontendOptions& options) {
    app.add_option("--front-end", options.kind, "What frames are made of")
        ->type_name("KIND")
        ->check(CLI::IsMember(frontend::frontend_kinds()))
        ->capture_default_str();
    app.add_option("--low", options.low_hz, "Lowest frequency, Hz (20; mel bands 50)")->type_name("HZ");
    app.add_option("--high", options.high_hz, "Highest frequency, Hz (20000; mel bands 7800; waveforms 8000)")
        ->type_name("HZ");
    app.add_option("--bins,--mels", options.bins, "Bands between them (100; mel bands 48)")->type_name("N");
    add_time(app, "--frame,--sample-duration", options.window_s,
             "Sound that one frame covers (2s; mel bands 25ms; waveforms 1s)");
    add_time(app, "--hop", options.hop_s, "From one frame to the next (mel bands 10ms; waveforms 1s)");
    app.add_option("--sample-rate", options.rate_hz, "Resample to this first, Hz (44100; mel bands 16000)")
        ->type_name("HZ");
    app.add_option("--set", options.others, "Another setting of the front end, as the manual lists them")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
}

Json frontend_settings(const FrontendOptions& options) {
    Json settings = frontend::default_frontend(options.kind);
    put(settings, "--low", {"low_hz"}, options.low_hz);
    put(settings, "--high", {"high_hz"}, options.high_hz);
    put(settings, "--bins", {"bins", "mels"}, options.bins);
    put(settings, "--frame", {"duration_s", "window_s"}, options.window_s);
    put(settings, "--hop", {"hop_s"}, options.hop_s);
    put(settings, "--sample-rate", {"rate_hz"}, options.rate_hz);
    for (const auto& other : options.others) put_other(settings, other);
    return settings;
}

}  // namespace earshot::tools
