#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "support/console.h"
#include "support/output.h"

namespace earshot::tools {

/// Exit statuses of every command; earshot(1), EXIT STATUS.
enum class Exit {
    ok = 0,        // done; an empty result is still success
    failure = 1,   // unreadable input, model mismatch, disk full
    usage = 2,     // unknown or conflicting options, bad value
    partial = 3,   // batch finished, but some inputs failed, each named on stderr
    negative = 4,  // negative answer, only with --exit-status
};

/// The streams and settings of a command. Data goes to `out`, everything for people to `console`.
struct Context {
    Output& out;
    Console& console;
    std::string command_line;  // as typed, for provenance
    std::string config_text;   // effective options, TOML, one [section] named after the command
    std::string recipe;        // name of the one that options start from; empty if none
};

using Runner = std::function<Exit(Context&)>;

/// A command. `declare` adds options, touches no file and does no work; the Runner that it returns works.
/// Each command's .cpp defines `const Tool earshot::tools::tool`.
struct Tool {
    const char* name;
    const char* description;  // the summary of commands.def and, if wanted, more, shown by --help
    const char* footer;       // an example or two, shown at the end of --help
    Runner (*declare)(CLI::App& app);
    /// More rows for describe_options(), if there are any: settings that are not options.
    std::string (*describe)(const std::string& command) = nullptr;
    /// The recipe to start from where the command line names none; may say none. Called once options have
    /// their values, to which the recipe adds.
    std::string (*default_recipe)(const CLI::App& app) = nullptr;
};
extern const Tool tool;

/// Parses and runs; main() of every command, and of tests that run one in process.
int run_tool(const Tool& command, int argc, const char* const* argv, Output& out, std::FILE* err);

}  // namespace earshot::tools
