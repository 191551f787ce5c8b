#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "support/setting.h"

namespace earshot::tools {

/// Declares an option for each setting that has a line of help. Those that are not basic go to kMoreOptions.
void add_settings(CLI::App& app, const std::vector<Setting>& settings);

}  // namespace earshot::tools
