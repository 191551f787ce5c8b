#pragma once

#include "tools/detect/detect_options.h"
#include "tools/tool.h"

namespace earshot::tools {

/// Writes the label of each recording, as CSV in the order of the inputs: id,label and, with --scores, the
/// score. A run that was killed resumes.
Exit detect_per_recording(const DetectOptions& options, Context& context);

}  // namespace earshot::tools
