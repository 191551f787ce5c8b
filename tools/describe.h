#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace earshot::tools {

/// What completions and the check of the manual need to know of a command, as --describe-options (which help
/// does not show) prints it. Tab-separated lines, no field empty:
///
///     COMMAND [SUBCOMMAND]   subcommand   name          -        description   -
///     COMMAND [SUBCOMMAND]   option       -o,--output   VALUES   description   UNIT
///     COMMAND [SUBCOMMAND]   common       -q,--quiet    VALUES   description   UNIT (all commands have it)
///     COMMAND [SUBCOMMAND]   argument     name          VALUES   description   -
///
/// VALUES is `flag` (none), `file`, `recipe`, `value` (of no kind that could be completed), or the choices as
/// `=one,two,three`. UNIT is what stands for the value in help, `-` for flags.
std::string describe_options(const CLI::App& app, const std::string& command);

}  // namespace earshot::tools
