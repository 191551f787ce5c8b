#pragma once

#include <string>
#include <vector>

#include "tools/detect/detect_options.h"

namespace earshot::tools {

/// The recordings that the user named, in order. @throws UsageError where standard input cannot be one of
/// them
std::vector<audio::Input> checked_inputs(const std::vector<std::string>& words);

std::vector<std::string> paths_of(const std::vector<audio::Input>& inputs);

}  // namespace earshot::tools
