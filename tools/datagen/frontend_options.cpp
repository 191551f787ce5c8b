#include "tools/datagen/frontend_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "frontend/frontend.h"
#include "frontend/settings.h"
#include "support/error.h"
#include "support/json.h"
#include "tools/describe.h"
#include "tools/help.h"
#include "tools/setting_options.h"

namespace earshot::tools {
namespace {

using Json = nlohmann::ordered_json;
using frontend::FrontendSettings;

/// The settings that have options of their own, in the order of --help; the others have --set.
constexpr const char* kNamed[] = {"low", "high", "bins", "frame", "hop", "sample-rate"};

const Setting* find_setting(const FrontendSettings& frontend, std::string_view name) {
    const auto found = std::ranges::find(frontend.settings, name, &Setting::name);
    return found == frontend.settings.end() ? nullptr : &*found;
}

std::vector<FrontendSettings> all_frontends() {
    std::vector<FrontendSettings> all;
    for (const auto& kind : frontend::frontend_kinds()) all.push_back(frontend::describe_frontend(kind));
    return all;
}

/// "20; logmel, pcen, mfcc: 50": what a setting is for the usual kind, and for others where that differs.
std::string defaults_text(std::span<const FrontendSettings> frontends, std::string_view name) {
    std::vector<std::pair<std::string, std::string>> defaults;  // with the kinds that have it
    for (const auto& frontend : frontends) {
        const Setting* setting = find_setting(frontend, name);
        if (!setting) continue;
        const auto text = setting->value.text() + (setting->unit == "TIME" ? "s" : "");
        const auto same = std::ranges::find(defaults, text, [](const auto& pair) { return pair.first; });
        if (same != defaults.end()) {
            same->second += ", " + frontend.kind;
        } else {
            defaults.emplace_back(text, frontend.kind);
        }
    }
    std::vector<std::string> parts;
    for (const auto& [text, kinds] : defaults)
        parts.push_back(kinds.starts_with(FrontendOptions().kind) ? text
                                                                  : fmt::format("{}: {}", kinds, text));
    return fmt::format("{}", fmt::join(parts, "; "));
}

/// Which kind it is for may be told later: a text is right if it suits one of them.
Setting for_any_kind(std::span<const FrontendSettings> frontends, const std::string& name,
                     FrontendOptions& options) {
    std::vector<FrontendSettings> having;
    for (const auto& frontend : frontends)
        if (find_setting(frontend, name)) having.push_back(frontend);
    Setting setting = *find_setting(having.front(), name);
    setting.is_basic = true;
    setting.help += fmt::format(" [{}]", defaults_text(frontends, name));
    setting.value.read = [name, having, &options](const std::string& text) {
        std::string wrong;
        for (const auto& frontend : having) {
            const SettingValue& value = find_setting(frontend, name)->value;
            const auto said = value.read(text);
            if (said.empty()) return options.named[name] = value.text(), said;
            if (wrong.empty()) wrong = said;
        }
        return wrong;
    };
    setting.value.text = [name, &options] {
        const auto given = options.named.find(name);
        return given == options.named.end() ? std::string() : given->second;
    };
    return setting;
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

std::vector<const char*> frontend_option_names() {
    std::vector<const char*> names{"front-end", "set", "pretrained"};
    names.insert(names.end(), std::begin(kNamed), std::end(kNamed));
    return names;
}

void add_frontend(CLI::App& app, FrontendOptions& options) {
    app.add_option("--front-end", options.kind, "What frames are made of")
        ->type_name("KIND")
        ->check(CLI::IsMember(frontend::frontend_kinds()))
        ->capture_default_str();
    std::vector<Setting> settings;
    for (const char* name : kNamed) settings.push_back(for_any_kind(all_frontends(), name, options));
    add_settings(app, settings);
    app.add_option("--set", options.others, "Any setting of the front end, as the manual lists them")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false)
        ->group(kMoreOptions);
}

Json frontend_settings(const FrontendOptions& options) {
    const auto frontend = frontend::describe_frontend(options.kind);
    for (const auto& [name, text] : options.named) {
        const Setting* setting = find_setting(frontend, name);
        if (!setting)
            throw UsageError(fmt::format("--{} means nothing to the front end {}", name, options.kind));
        if (const auto wrong = setting->value.read(text); !wrong.empty())
            throw UsageError(fmt::format("--{}: {}", name, wrong));
    }
    Json settings = frontend.json();
    for (const auto& other : options.others) put_other(settings, other);
    return settings;
}

std::string describe_frontends(const std::string& command) {
    std::string rows;
    for (const auto& frontend : all_frontends())
        for (const Setting& setting : frontend.settings)
            rows += describe_setting(command, frontend.kind + " " + setting.key(), setting);
    return rows;
}

}  // namespace earshot::tools
