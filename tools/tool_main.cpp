#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <string_view>
#include <vector>

#include "support/error.h"
#include "support/interrupt.h"
#include "support/nearest.h"
#include "tools/config.h"
#include "tools/describe.h"
#include "tools/help.h"
#include "tools/options.h"
#include "tools/tool.h"

namespace earshot::tools {
namespace {

/// One line: CLI11 puts some messages on several.
std::string one_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

/// The command as it could be typed again: words that the shell would split are in single quotes.
std::string quoted_command_line(int argc, const char* const* argv, const char* name) {
    std::string line = fmt::format("earshot {}", name);
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (!word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;#~!") == std::string_view::npos) {
            line += fmt::format(" {}", word);
            continue;
        }
        line += " '";
        for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
        line += "'";
    }
    return line;
}

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    for (const auto* sub : app.get_subcommands())
        std::ranges::move(option_names(*sub), std::back_inserter(names));
    return names;
}

/// Which subcommand is missing, or was probably meant.
std::string explain_subcommand(const std::vector<std::string>& left, const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* sub : app.get_subcommands({})) names.push_back(sub->get_name());
    const auto typed = std::ranges::find_if(left, [](const auto& word) { return !word.starts_with('-'); });
    if (typed == left.end()) return fmt::format("a subcommand is needed: {}", fmt::join(names, ", "));
    const auto meant = nearest(*typed, names);
    return fmt::format("'{}' is not a subcommand{}", *typed,
                       meant.empty() ? fmt::format(": {}", fmt::join(names, ", "))
                                     : fmt::format(", did you mean {}?", meant));
}

/// What is wrong with the words on the command line, and what may have been meant. An unknown option is
/// reported before a missing argument or subcommand, which CLI11 finds first.
std::string explain(const CLI::ParseError& error, const CLI::App& app) {
    const bool surplus = dynamic_cast<const CLI::ExtrasError*>(&error);
    if (!surplus && !dynamic_cast<const CLI::RequiredError*>(&error)) return one_line(error.what());
    const auto left = app.remaining(true);
    const auto dash = std::ranges::find_if(left, [](const auto& word) { return word.starts_with('-'); });
    if (dash != left.end()) {
        const auto typed = dash->substr(0, dash->find('='));
        const auto meant = nearest(typed, option_names(app));
        return fmt::format("unknown option {}{}", typed,
                           meant.empty() ? "" : fmt::format(", did you mean {}?", meant));
    }
    if (app.get_require_subcommand_min() > 0 && app.get_subcommands().empty())
        return explain_subcommand(left, app);
    return surplus && !left.empty() ? fmt::format("unexpected argument '{}'", left.front())
                                    : one_line(error.what());
}

int run_declared(const Tool& command, int argc, const char* const* argv, Output& out, Console& console) {
    CLI::App app{command.description, fmt::format("earshot {}", command.name)};
    app.formatter(std::make_shared<HelpFormatter>());
    app.set_help_flag("-h,--help", "Print this help")->group(kCommonOptions);
    app.footer(command.footer);
    app.option_defaults()->always_capture_default(false);
    const Runner run = command.declare(app);
    const auto console_options = std::make_shared<ConsoleOptions>();
    add_console(app, console_options);
    const auto old = std::make_shared<OldSpellings>(
        command.name, [&console](const std::string& message) { console.warning(message); });
    add_config(app, command.name, old);
    for (auto* sub : app.get_subcommands({})) {
        sub->fallthrough();  // the common options may be anywhere
        sub->get_help_ptr()->group(kCommonOptions);
    }

    const auto print = [&out](const std::string& text) {
        out.write(text);
        out.close();
        return static_cast<int>(Exit::ok);
    };
    if (argc == 2 &&
        std::string_view(argv[1]) == "--describe-options") {  // asked by completions, not by people
        const auto name = fmt::format("earshot {}", command.name);
        return print(describe_options(app, name) + (command.describe ? command.describe(name) : ""));
    }
    std::string recipe;
    const auto start_from_recipe = [&] {
        recipe = recipe_name(app);
        if (!recipe.empty() || !command.default_recipe) return;
        const auto name = command.default_recipe(app);
        if (apply_recipe(app, command.name, name, *old)) recipe = name;
    };
    try {
        std::vector<std::string> words(argv + 1, argv + argc);
        old->renew(words);
        std::ranges::reverse(words);  // as CLI11 takes them
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return print(app.help());
    } catch (const DumpConfig&) {
        start_from_recipe();
        return print(config_text(app, command.name));
    } catch (const CLI::ParseError& error) {
        console.error(fmt::format("{} (see earshot {} --help)", explain(error, app), command.name));
        return static_cast<int>(Exit::usage);
    }
    console.configure(*console_options);
    start_from_recipe();
    Context context{out, console, quoted_command_line(argc, argv, command.name),
                    config_text(app, command.name), recipe};
    const Exit status = run(context);
    out.close();
    return static_cast<int>(status);
}

}  // namespace

int run_tool(const Tool& command, int argc, const char* const* argv, Output& out, std::FILE* err) {
    Console console(err, fmt::format("earshot {}", command.name));
    try {
        return run_declared(command, argc, argv, out, console);
    } catch (const BrokenPipe&) {
        return static_cast<int>(Exit::ok);  // the reader needs no more
    } catch (const Interrupted&) {
        console.end_progress();
        return 128 + interrupt_signal();
    } catch (const UsageError& error) {
        console.error(error.what());
        return static_cast<int>(Exit::usage);
    } catch (const Error& error) {
        console.error(error.what());
    } catch (const std::bad_alloc&) {
        console.error("out of memory");
    } catch (const std::exception& error) {
        console.error(one_line(error.what()));
    }
    return static_cast<int>(Exit::failure);
}

}  // namespace earshot::tools
