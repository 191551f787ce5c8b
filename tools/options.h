#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "support/console.h"
#include "support/output.h"

namespace earshot::tools {

// Options that more than one command has are declared here, so that they are spelled and mean the same.

void add_output(CLI::App& app, std::string& path, const std::string& what);  // -o, --output
void add_jobs(CLI::App& app, int& jobs);                                     // -j, --jobs; 0 = all processors
void add_force(CLI::App& app, bool& force);
void add_unbuffered(CLI::App& app, bool& unbuffered);

/// A flag that may bring a value: --name or --name=VALUE. The value is part of the word, so that the next
/// word is never taken for it. In a configuration file it is true, false or the value.
/// @param value  empty if there is none
CLI::Option* add_flag_or_value(CLI::App& app, const std::string& name, bool& given, std::string& value,
                               const std::string& description);

/// An option whose value is a time (time_text.h), kept in seconds.
CLI::Option* add_time(CLI::App& app, const std::string& name, double& seconds,
                      const std::string& description);
CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<double>& seconds,
                      const std::string& description);

/// -q, -v, --progress: every command has them; tool_main adds them.
void add_console(CLI::App& app, std::shared_ptr<ConsoleOptions> console);

/// @throws UsageError if the input is `-` and standard input a terminal, where the user would not know what
/// the command waits for
void refuse_terminal(const std::string& input);

/// open_output for text, which must not take the place of a recording or a dataset: a slip of -o is not worth
/// one.
/// @throws UsageError if there is one at `path`
std::unique_ptr<Output> open_text_output(const std::string& path);

/// Number of processors this process may use, for jobs <= 0; else jobs.
int effective_jobs(int jobs);

/// share/earshot of the tree that this executable lives in (build tree or installed prefix).
std::string share_directory();

/// The file with earshot's own ears.
std::string own_ears();

}  // namespace earshot::tools
