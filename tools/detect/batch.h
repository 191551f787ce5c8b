#pragma once

#include "tools/detect/detect_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// Detects events in recordings, several at once, and writes them in the order of the inputs.
Exit detect_batch(const DetectOptions& options, Context& context);

}  // namespace earshot::tools
