#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "support/setting.h"

namespace earshot::tools {

/// What completions and the check of the manual need to know of a command, as --describe-options (which help
/// does not show) prints it. Tab-separated lines, no field empty:
///
///     COMMAND [SUBCOMMAND]   subcommand   name          -        description   -      -       -
///     COMMAND [SUBCOMMAND]   option       -o,--output   VALUES   description   UNIT   RANGE   DEFAULT
///     COMMAND [SUBCOMMAND]   common       -q,--quiet    VALUES   description   UNIT   RANGE   DEFAULT
///     COMMAND [SUBCOMMAND]   argument     name          VALUES   description   -      -       -
///
/// All commands have the common ones. VALUES is `flag` (none), `file`, `recipe`, `value` (of no kind that
/// could be completed), or the choices as `=one,two,three`. UNIT is what stands for the value in help, `-`
/// for flags. RANGE says what the value may be, "a number from 0 to 60" or "one, two or three".
std::string describe_options(const CLI::App& app, const std::string& command);

/// A line of the kind `setting`, for one that is not an option.
std::string describe_setting(const std::string& command, const std::string& name, const Setting& setting);

}  // namespace earshot::tools
