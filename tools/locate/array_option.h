#pragma once

#include <string>

#include "locate/geometry.h"

namespace earshot::tools {

/// The array of --array: a name of share/arrays, or a file.
/// @throws UsageError listing the names if it is neither
locate::ArrayGeometry open_array(const std::string& name_or_file);

}  // namespace earshot::tools
