#include "tools/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "support/error.h"
#include "support/nearest.h"
#include "support/output.h"
#include "tools/commands.h"
#include "tools/config_file.h"
#include "tools/help.h"
#include "tools/options.h"

namespace earshot::tools {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> option_keys(const CLI::App& app) {
    std::vector<std::string> keys;
    for (const auto* option : app.get_options()) {
        if (!option->get_configurable()) continue;
        for (const auto& name : option->get_lnames()) keys.push_back(name);
    }
    return keys;
}

std::string meant(std::string_view typed, std::span<const std::string> candidates) {
    const auto best = nearest(typed, candidates);
    return best.empty() ? std::string() : fmt::format(" (did you mean {}?)", best);
}

/// Puts the settings of one file into the options that have no value yet.
class FileLoader {
 public:
    FileLoader(CLI::App& app, std::string command, std::string path, OldSpellings& old)
        : app_(app), command_(std::move(command)), path_(std::move(path)), old_(old) {}

    void load() {
        for (auto& entry : parse_config(read_text(path_, kMaxBytes), path_)) {
            CLI::App* target = section_app(entry);
            if (!target) continue;
            if (target == &app_) entry.key = old_.renewed_key(entry.key, place(entry));
            set(*target, entry);
        }
    }

 private:
    static constexpr std::size_t kMaxBytes = 1 << 20;

    std::string place(const ConfigEntry& entry) const {
        return fmt::format("{}: line {}: ", path_, entry.line);
    }

    [[noreturn]] void fail(const ConfigEntry& entry, std::string_view what) const {
        throw UsageError(fmt::format("{}{}", place(entry), what));
    }

    /// The command or subcommand that the entry's section names; null for another command's.
    CLI::App* section_app(const ConfigEntry& entry) const {
        if (entry.section.empty())
            fail(entry, fmt::format("'{}' is outside any section (put it under [{}])", entry.key, command_));
        const auto dot = entry.section.find('.');
        const auto head = entry.section.substr(0, dot);
        if (!find_command(head)) {
            std::vector<std::string> known;
            for (const auto& command : commands()) known.emplace_back(command.name);
            fail(entry, fmt::format("[{}] is not a command{}", head, meant(head, known)));
        }
        if (head != command_) return nullptr;
        if (dot == std::string::npos) return &app_;
        const auto tail = entry.section.substr(dot + 1);
        std::vector<std::string> known;
        for (auto* sub : app_.get_subcommands({})) {
            if (sub->get_name() == tail) return sub;
            known.push_back(sub->get_name());
        }
        fail(entry, fmt::format("'{}' is not a subcommand of {}{}", tail, head, meant(tail, known)));
    }

    void set(CLI::App& target, const ConfigEntry& entry) const {
        CLI::Option* option = target.get_option_no_throw("--" + entry.key);
        if (!option) {
            fail(entry, fmt::format("[{}] has no option '{}'{}", entry.section, entry.key,
                                    meant(entry.key, option_keys(target))));
        }
        if (!option->get_configurable()) {
            fail(entry, fmt::format("'{}' belongs on the command line, not in a file", entry.key));
        }
        const bool elsewhere = &target != &app_ && !target.parsed();  // a subcommand that is not being run
        if (elsewhere || option->count() > 0) return;
        try {
            if (option->get_expected_min() == 0) {
                if (entry.values.size() != 1)
                    fail(entry, fmt::format("'{}' must be true or false", entry.key));
                option->add_result(option->get_flag_value(entry.key, entry.values.front()));
            } else {
                option->add_result(entry.values);
            }
            option->run_callback();
        } catch (const CLI::ParseError& error) {
            fail(entry, error.what());
        }
    }

    CLI::App& app_;
    std::string command_;
    std::string path_;
    OldSpellings& old_;
};

std::string find_recipe(const std::string& name) {
    if (fs::is_regular_file(name)) return name;
    const fs::path recipes = fs::path(share_directory()) / "recipes";
    if (const auto path = recipes / (name + ".toml"); fs::is_regular_file(path)) return path.string();
    std::vector<std::string> known;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(recipes, none)) {
        if (entry.path().extension() == ".toml") known.push_back(entry.path().stem().string());
    }
    std::ranges::sort(known);
    throw UsageError(fmt::format("no recipe or file named '{}'{} (recipes: {})", name, meant(name, known),
                                 fmt::join(known, ", ")));
}

/// Help is given whatever the files say.
bool help_wanted(const CLI::App& app) {
    if (app.get_help_ptr() && app.get_help_ptr()->count() > 0) return true;
    return std::ranges::any_of(app.get_subcommands(), [](const CLI::App* sub) { return help_wanted(*sub); });
}

/// CLI11 converts and checks the options of a subcommand after those of the command.
void finish_subcommands(CLI::App& app) {
    for (auto* sub : app.get_subcommands()) {
        for (auto* option : sub->get_options()) {
            if (option->count() > 0 && !option->get_callback_run()) option->run_callback();
        }
        finish_subcommands(*sub);
    }
}

std::string array_text(const std::vector<std::string>& values) {
    std::vector<std::string> parts;
    for (const auto& value : values) parts.push_back(config_value(value));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

/// Its value as TOML, empty if it has none.
std::string option_value(const CLI::Option& option) {
    if (option.count() > 0) {
        const auto values = option.results();
        return option.get_items_expected_max() > 1 ? array_text(values) : config_value(values.back());
    }
    if (option.get_expected_min() == 0) return "false";
    std::string text = option.get_default_str();
    if (option.get_items_expected_max() > 1 && text.starts_with('[') && text.ends_with(']')) {
        return array_text(CLI::detail::split(text.substr(1, text.size() - 2), ','));
    }
    return text.empty() ? text : config_value(text);
}

}  // namespace

void add_config(CLI::App& app, const std::string& command, std::shared_ptr<OldSpellings> old) {
    // Options are worked off in the order in which they are declared, and a file fills in only what has no
    // value yet: hence --config before --recipe, and its files last first.
    app.add_option_function<std::vector<std::string>>(
           "--config",
           [&app, command, old](const std::vector<std::string>& files) {
               if (help_wanted(app)) return;
               for (auto file = files.rbegin(); file != files.rend(); ++file)
                   FileLoader(app, command, *file, *old).load();
           },
           "Read options from a TOML file; the command line overrides them")
        ->type_name("FILE")
        ->expected(1)
        ->allow_extra_args(false)  // what follows the file is no second one
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(kCommonOptions)
        ->configurable(false);
    app.add_option_function<std::string>(
           "--recipe",
           [&app, command, old](const std::string& name) {
               if (!help_wanted(app)) FileLoader(app, command, find_recipe(name), *old).load();
           },
           "Start from a recipe: a name from share/recipes, or a file")
        ->type_name("NAME|FILE")
        ->group(kCommonOptions)
        ->configurable(false);
    app.add_flag_callback(
           "--dump-config",
           [&app] {
               if (help_wanted(app)) return;
               finish_subcommands(app);
               throw DumpConfig();
           },
           "Print the effective options as TOML and exit")
        ->group(kCommonOptions)
        ->configurable(false);
}

std::string recipe_name(const CLI::App& app) {
    const auto given = app.get_option("--recipe")->results();
    return given.empty() ? "" : fs::path(given.back()).stem().string();
}

bool apply_recipe(CLI::App& app, const std::string& command, const std::string& name, OldSpellings& old) {
    const auto path = fs::path(share_directory()) / "recipes" / (name + ".toml");
    if (name.empty() || fs::path(name).has_parent_path() || !fs::is_regular_file(path)) return false;
    FileLoader(app, command, path.string(), old).load();
    return true;
}

std::string config_text(const CLI::App& app, const std::string& command) {
    std::string text = fmt::format("[{}]\n", command);
    for (const auto* option : app.get_options()) {
        if (!option->get_configurable() || option->get_lnames().empty()) continue;
        const auto value = option_value(*option);
        if (!value.empty()) text += fmt::format("{} = {}\n", option->get_lnames().front(), value);
    }
    for (const auto* sub : app.get_subcommands())
        text += "\n" + config_text(*sub, command + "." + sub->get_name());
    return text;
}

}  // namespace earshot::tools
