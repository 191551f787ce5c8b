#pragma once

#include <CLI/CLI.hpp>

#include "batch/shard.h"

namespace earshot::tools {

/// --shard I/N
void add_shard(CLI::App& app, batch::Shard& shard);

}  // namespace earshot::tools
