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

}  // namespace

std::string describe_options(const CLI::App& app, const std::string& command) {
    std::string rows;
    const auto add = [&](std::string_view kind, const std::string& name, const std::string& values,
                         const std::string& description, const std::string& type = {}) {
        rows += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", command, kind, one_field(name), values,
                            one_field(description), one_field(type.substr(0, type.find(':'))));
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
            option->get_type_name());
    }
    for (const auto* sub : app.get_subcommands({}))
        rows += describe_options(*sub, command + " " + sub->get_name());
    return rows;
}

}  // namespace earshot::tools
