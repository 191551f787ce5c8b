#include "tools/setting_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/help.h"

namespace earshot::tools {
namespace {

/// "--bins,--mels"
std::string names_of(const Setting& setting) {
    return "--" + setting.name + (setting.alias.empty() ? "" : ",--" + setting.alias);
}

/// What help and completion know of the value: "{log,none}", "a number from 0 to 60".
std::string wanted_of(const SettingValue& value) {
    return value.words.empty() ? value.wanted : fmt::format("{{{}}}", fmt::join(value.words, ","));
}

/// "64,32", or an array of a file.
CLI::Option* add_list(CLI::App& app, const Setting& setting) {
    const auto set = [setting](const std::vector<std::string>& words) {
        const auto wrong = setting.value.read(fmt::format("{}", fmt::join(words, ",")));
        if (!wrong.empty()) throw CLI::ValidationError("--" + setting.name, wrong);
    };
    return app.add_option_function<std::vector<std::string>>(names_of(setting), set, setting.help)
        ->check(CLI::Validator(wanted_of(setting.value)))
        ->delimiter(',')
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Option* add_single(CLI::App& app, const Setting& setting) {
    // Sets the value, and leaves its text as it would be written, for --dump-config.
    const auto set = [value = setting.value](std::string& text) {
        auto wrong = value.read(text);
        if (wrong.empty()) text = value.text();
        return wrong;
    };
    const auto set_already = [](const std::string&) {};
    return app.add_option_function<std::string>(names_of(setting), set_already, setting.help)
        ->transform(CLI::Validator(set, wanted_of(setting.value)));
}

}  // namespace

void add_settings(CLI::App& app, const std::vector<Setting>& settings) {
    for (const Setting& setting : settings) {
        if (setting.help.empty()) continue;
        auto* option = setting.value.flag ? app.add_flag(names_of(setting), *setting.value.flag, setting.help)
                       : setting.value.list ? add_list(app, setting)
                                            : add_single(app, setting);
        if (!setting.value.flag) option->type_name(setting.unit)->default_str(setting.value.text());
        if (!setting.is_basic) option->group(kMoreOptions);
    }
}

}  // namespace earshot::tools
