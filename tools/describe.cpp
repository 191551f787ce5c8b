#include "tools/describe.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/help.h"

namespace earshot::tools {
namespace {

std::string one_field(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return c == '\t' || c == '\n'; }, ' ');
    return text.empty() ? "-" : text;
}

std::string values_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();  // "WHEN:{auto,always,never}", "FILE", "TEXT", ...
    if (type.empty() && option.get_expected_max() == 0) return "flag";
    const auto open = type.find('{'), close = type.find('}');
    if (open != std::string::npos && close != std::string::npos)
        return "=" + type.substr(open + 1, close - open - 1);
    if (type == "NAME|FILE") return "recipe";
    const bool path = std::ranges::any_of(std::initializer_list<std::string_view>{"FILE", "PATH", "DIR"},
                                          [&](auto word) { return type.find(word) != std::string::npos; });
    return path || option.get_positional() ? "file" : "value";
}

/// "=one,two,three" -> "one, two or three"; else what the checks of the value say of it.
std::string range_of(const CLI::Option& option) {
    const std::string values = values_of(option);
    if (values.starts_with('=')) return one_of_text(CLI::detail::split(values.substr(1), ','));
    const std::string type = option.get_type_name();  // "DB:a number from 0 to 60", "TIME:TIME"
    const auto colon = type.find(':');
    if (colon == std::string::npos) return "-";
    std::string checks = type.substr(colon + 1);  // CLI11's own are "INT in [0 - 64]"
    if (checks == "TIME") return "a time";
    const auto in = checks.find(" in ["), dash = checks.find(" - ");
    if (in == std::string::npos || dash == std::string::npos || !checks.ends_with(']')) return checks;
    return fmt::format("{} from {} to {}", checks.starts_with("FLOAT") ? "a number" : "a whole number",
                       checks.substr(in + 5, dash - in - 5),
                       checks.substr(dash + 3, checks.size() - dash - 4));
}

}  // namespace

std::string describe_options(const CLI::App& app, const std::string& command) {
    std::string rows;
    const auto add = [&](std::string_view kind, const std::string& name, const std::string& values,
                         const std::string& description, const std::string& type = {},
                         const std::string& range = "-", const std::string& usual = {}) {
        rows += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", command, kind, one_field(name), values,
                            one_field(description), one_field(type.substr(0, type.find(':'))), range,
                            one_field(usual));
    };
    for (const auto* sub : app.get_subcommands({}))
        add("subcommand", sub->get_name(), "-", sub->get_description());
    for (const auto* option : app.get_options()) {
        if (option->get_group().empty()) continue;  // hidden
        if (option->get_positional()) {
            add("argument", option->get_name(true), values_of(*option), option->get_description());
            continue;
        }
        std::vector<std::string> names;
        for (const auto& name : option->get_snames()) names.push_back("-" + name);
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        add(option->get_group() == kCommonOptions ? "common" : "option",
            fmt::format("{}", fmt::join(names, ",")), values_of(*option), option->get_description(),
            option->get_type_name(), range_of(*option), option->get_default_str());
    }
    for (const auto* sub : app.get_subcommands({}))
        rows += describe_options(*sub, command + " " + sub->get_name());
    return rows;
}

std::string describe_setting(const std::string& command, const std::string& name, const Setting& setting) {
    const auto range = setting.unit == "TIME" ? "a number of seconds" : setting.value.wanted;
    return fmt::format("{}\tsetting\t{}\tvalue\t{}\t{}\t{}\t{}\n", command, name, setting.help,
                       one_field(setting.unit), range, one_field(setting.value.text()));
}

}  // namespace earshot::tools
