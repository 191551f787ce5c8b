#pragma once

#include "tools/detect/detect_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// Hears recordings, several at once, and writes their events in the order of the inputs.
Exit detect_batch(const DetectOptions& options, Context& context);

}  // namespace earshot::tools
