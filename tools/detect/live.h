#pragma once

#include "tools/detect/detect_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// Hears a device until it ends or the user does.
Exit detect_live(const DetectOptions& options, Context& context);

}  // namespace earshot::tools
