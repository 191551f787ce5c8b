#include "tools/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace earshot::tools {
namespace {

/// "WHEN:{auto,always,never}" -> "auto|always|never", "N:INT in [0 - 64]" -> "N", "FLOAT:TIME" -> "FLOAT".
std::string type_shown(const CLI::Option& option) {
    std::string type = option.get_type_name();
    const auto open = type.find('{'), close = type.find('}');
    if (open != std::string::npos && close != std::string::npos) {
        std::string choices = type.substr(open + 1, close - open - 1);
        std::ranges::replace(choices, ',', '|');
        return choices;
    }
    return type.substr(0, std::min(type.find(':'), type.find(" in [")));
}

/// " HOW": of an option that is only named, without its choices.
std::string unit_shown(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const bool many = option.get_expected_max() == CLI::detail::expected_max_vector_size;
    const std::string unit = type.substr(0, type.find(':'));
    return (unit.empty() ? "" : " " + unit) + (many && !unit.ends_with("...") ? " ..." : "");
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
    std::string text = make_description(app) + make_usage(app, std::move(name)) + make_positionals(app);
    for (const auto& group : app->get_groups()) {
        const auto options = app->get_options([&](const CLI::Option* option) {
            return option->get_group() == group && option->nonpositional();
        });
        if (!group.empty() && group != kCommonOptions && group != kMoreOptions && !options.empty())
            text += make_group(group, false, options);
    }
    text += make_subcommands(app, mode);
    text += make_names(*app, kMoreOptions, "in the manual page");
    text += make_names(app->get_parent() ? *app->get_parent() : *app, kCommonOptions, "earshot help");
    return text + "\n" + make_footer(app);
}

/// The options of a group by their names alone, in lines that fit a screen; nothing if it has none.
std::string HelpFormatter::make_names(const CLI::App& app, const std::string& group,
                                      const std::string& where) const {
    constexpr std::size_t kColumns = 100;
    std::string lines, line;
    for (const auto* option : app.get_options()) {
        if (option->get_group() != group) continue;
        const std::string name = make_option_name(option, false) +
                                 (group == kMoreOptions ? unit_shown(*option) : make_option_opts(option));
        if (line.size() + 2 + name.size() > kColumns) lines += std::exchange(line, "") + "\n";
        line += "  " + name;
    }
    return line.empty() ? "" : fmt::format("\n{} ({}):\n{}{}\n", group, where, lines, line);
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool positional) const {
    std::string name = CLI::Formatter::make_option_name(option, positional);
    for (auto open = name.find('{'); open != std::string::npos; open = name.find('{')) {
        name.erase(open,
                   name.find('}', open) + 1 - open);  // the value behind a negative flag: "--store{false}"
    }
    return name;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
    if (option->get_expected_max() == 0) {
        const auto type = type_shown(*option);
        return type.empty() ? type : fmt::format("[={}]", type);
    }
    const bool many = option->get_expected_max() == CLI::detail::expected_max_vector_size;
    const auto type = option->get_positional() ? std::string() : " " + type_shown(*option);
    return type + (many && !type.ends_with("...") ? " ..." : "");
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
    std::string text = option->get_description();
    if (option->get_required() && option->nonpositional()) return text + " (required)";
    const auto value = option->get_expected_max() == 0 ? std::string() : option->get_default_str();
    return value.empty() ? text : fmt::format("{} [{}]", text, value);
}

}  // namespace earshot::tools
