#pragma once

#include <string>

#include "tools/tool.h"

namespace earshot::tools {

/// Statistics of an archive by day, and the levels of its last day, or of `day`, as a plot in text.
Exit write_archive_stats(const std::string& directory, const std::string& day, bool json, Context& context);

}  // namespace earshot::tools
