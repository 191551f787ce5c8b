#pragma once

#include <string>
#include <vector>

#include "tools/detect/detect_options.h"

namespace earshot::tools {

/// The recordings that the user named, in order. @throws UsageError if standard input is named twice, or is a
/// terminal
std::vector<audio::Input> checked_inputs(const std::vector<std::string>& words);

}  // namespace earshot::tools
