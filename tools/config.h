#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "tools/old_spellings.h"

namespace earshot::tools {

/// Thrown by parsing where --dump-config is given, once every option has its value.
struct DumpConfig {};

/// --config FILE, --recipe NAME|FILE, --dump-config: every command has them; tool_main adds them, after the
/// command's own. Both files are TOML with one [section] per command, [command.subcommand] for a subcommand's
/// options. The command line overrides --config, a later --config an earlier one, and all override --recipe.
/// A section that names no command, a key that names no option and a value that does not suit the option are
/// errors with file and line: a misspelt setting must not pass for a default.
void add_config(CLI::App& app, const std::string& command, std::shared_ptr<OldSpellings> old);

/// The name of the recipe that --recipe gives; empty without one.
std::string recipe_name(const CLI::App& app);

/// Gives options that have no value those of a recipe, a name from share/recipes; for after parsing.
/// @return  false if there is no such recipe
bool apply_recipe(CLI::App& app, const std::string& command, const std::string& name, OldSpellings& old);

/// The effective options as TOML, as --dump-config prints them: feeding it back through --config changes
/// nothing.
std::string config_text(const CLI::App& app, const std::string& command);

}  // namespace earshot::tools
