#pragma once

#include "tools/detect/detect_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// Detects events from a device until it ends or the user interrupts.
Exit detect_live(const DetectOptions& options, Context& context);

}  // namespace earshot::tools
